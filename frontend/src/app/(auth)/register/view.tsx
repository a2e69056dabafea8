'use client';
import Link from 'next/link';

import { RegisterForm } from '@/features/identity/components/register-form';
import { paths } from '@/lib/paths';

import { useAfterSignIn } from '../use-after-sign-in';

export function RegisterView() {
  const goOn = useAfterSignIn();
  return (
    <>
      <h1 className="mb-1 text-xl">Create an account</h1>
      <p className="mb-5 text-ink-2">An organization of your own; colleagues can join it later.</p>
      <RegisterForm onDone={goOn} />
      <p className="mt-6 text-ink-2">
        Have one already?{' '}
        <Link href={paths.signIn} className="text-accent underline underline-offset-2">
          Sign in
        </Link>
      </p>
    </>
  );
}
