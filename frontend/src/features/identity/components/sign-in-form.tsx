'use client';
import { zodResolver } from '@hookform/resolvers/zod';
import { useForm } from 'react-hook-form';
import * as z from 'zod';

import { PasswordField, TextField } from '@/components/forms/fields';
import { Refusal } from '@/components/forms/submit';
import { Button } from '@/components/ui/button';
import { Notice } from '@/components/ui/states';
import { placeFaults } from '@/lib/form-faults';
import { ApiError } from '@/lib/problem';

import { useSignIn } from '../api/sign-in';

const schema = z.object({
  email: z.string().trim().min(3, 'Your e-mail address'),
  password: z.string().min(1, 'Your password'),
});

export function SignInForm({ onDone }: { onDone: () => void }) {
  const form = useForm({ resolver: zodResolver(schema), defaultValues: { email: '', password: '' } });
  const signIn = useSignIn();
  const submit = form.handleSubmit(async (values) => {
    try {
      await signIn.mutateAsync(values);
      onDone();
    } catch (error) {
      placeFaults(form, error);
      form.setFocus('password');
    }
  });
  const refused = signIn.error instanceof ApiError && signIn.error.status === 401;
  return (
    <form onSubmit={(event) => void submit(event)} className="space-y-4" noValidate>
      {refused ? (
        <div role="alert">
          <Notice tone="bounced" title="Address or password is wrong">
            Check both and try again.
          </Notice>
        </div>
      ) : (
        <Refusal error={signIn.error} />
      )}
      <TextField form={form} name="email" label="E-mail" type="email" autoComplete="username" autoFocus />
      <PasswordField form={form} name="password" label="Password" autoComplete="current-password" />
      <Button type="submit" variant="primary" size="lg" className="w-full" loading={signIn.isPending}>
        Sign in
      </Button>
    </form>
  );
}
