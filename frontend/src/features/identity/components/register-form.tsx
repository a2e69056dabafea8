'use client';
import { zodResolver } from '@hookform/resolvers/zod';
import { useForm } from 'react-hook-form';
import * as z from 'zod';

import { PasswordField, TextField } from '@/components/forms/fields';
import { Refusal } from '@/components/forms/submit';
import { Button } from '@/components/ui/button';
import { placeFaults } from '@/lib/form-faults';
import { ownZone } from '@/lib/format';

import { useRegister } from '../api/register';

const schema = z.object({
  name: z.string().trim().max(200),
  organization_name: z.string().trim().min(1, 'The name your team goes by').max(200),
  email: z.email('An address as name@company.example'),
  password: z.string().min(10, 'At least 10 characters').max(1024),
});

export function RegisterForm({ onDone }: { onDone: () => void }) {
  const form = useForm({
    resolver: zodResolver(schema),
    defaultValues: { name: '', organization_name: '', email: '', password: '' },
  });
  const register = useRegister();
  const submit = form.handleSubmit(async (values) => {
    try {
      await register.mutateAsync({ ...values, timezone: ownZone() });
      onDone();
    } catch (error) {
      placeFaults(form, error);
    }
  });
  return (
    <form onSubmit={(event) => void submit(event)} className="space-y-4" noValidate>
      <Refusal error={register.error} />
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField form={form} name="name" label="Your name" autoComplete="name" autoFocus />
        <TextField form={form} name="organization_name" label="Organization" autoComplete="organization" />
      </div>
      <TextField form={form} name="email" label="E-mail" type="email" autoComplete="username" />
      <PasswordField
        form={form}
        name="password"
        label="Password"
        hint="10 characters or more; a sentence is fine"
        autoComplete="new-password"
      />
      <Button type="submit" variant="primary" size="lg" className="w-full" loading={register.isPending}>
        Create account
      </Button>
    </form>
  );
}
