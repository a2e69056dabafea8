'use client';
import Link from 'next/link';

import { SignInForm } from '@/features/identity/components/sign-in-form';
import { paths } from '@/lib/paths';

import { useAfterSignIn } from '../use-after-sign-in';

export function SignInView() {
  const goOn = useAfterSignIn();
  return (
    <>
      <h1 className="mb-5 text-xl">Sign in</h1>
      <SignInForm onDone={goOn} />
      <p className="mt-6 text-ink-2">
        New here?{' '}
        <Link href={paths.register} className="text-accent underline underline-offset-2">
          Create an account
        </Link>
      </p>
    </>
  );
}
