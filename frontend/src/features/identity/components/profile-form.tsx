'use client';
import { zodResolver } from '@hookform/resolvers/zod';
import { useForm } from 'react-hook-form';
import * as z from 'zod';

import { PasswordField, SelectField, TextField } from '@/components/forms/fields';
import { SaveButton, submitting } from '@/components/forms/submit';
import { ZoneOptions } from '@/components/forms/zone-options';
import { Button } from '@/components/ui/button';
import { toast } from '@/components/ui/toast';
import { useUnsaved } from '@/hooks/use-unsaved';

import { useChangePassword } from '../api/change-password';
import type { Me } from '../api/get-me';
import { useUpdateProfile } from '../api/update-profile';

const profile = z.object({ name: z.string().trim().max(200), timezone: z.string() });

export function ProfileForm({ me }: { me: Me }) {
  const update = useUpdateProfile();
  const form = useForm({
    resolver: zodResolver(profile),
    defaultValues: { name: me.user.name, timezone: me.user.timezone ?? '' },
  });
  const submit = submitting(form, async (values) => {
    await update.mutateAsync({ name: values.name, timezone: values.timezone || null });
    form.reset(values);
    toast.success('Saved');
  });
  return (
    <form noValidate onSubmit={submit} className="space-y-4">
      <div className="grid gap-3 sm:grid-cols-2">
        <TextField form={form} name="name" label="Name" autoComplete="name" />
        <SelectField
          form={form}
          name="timezone"
          label="Time zone"
          hint="Times are shown to you by this clock"
        >
          <ZoneOptions blank="as this browser" />
        </SelectField>
      </div>
      <p className="text-ink-2">
        Signed in as {me.user.email}, {me.user.role}.
      </p>
      <SaveButton form={form} busy={update.isPending} />
    </form>
  );
}

const passwords = z.object({
  current_password: z.string().min(1, 'The one you have now'),
  new_password: z.string().min(10, 'At least 10 characters').max(1024),
});

export function PasswordForm() {
  const change = useChangePassword();
  const form = useForm({
    resolver: zodResolver(passwords),
    defaultValues: { current_password: '', new_password: '' },
  });
  useUnsaved(form.formState.isDirty);
  const submit = submitting(form, async (values) => {
    await change.mutateAsync(values);
    form.reset();
    toast.success('The password is changed', { description: 'Every other session is signed out.' });
  });
  return (
    <form noValidate onSubmit={submit} className="space-y-4">
      <div className="grid gap-3 sm:grid-cols-2">
        <PasswordField form={form} name="current_password" label="Now" autoComplete="current-password" />
        <PasswordField form={form} name="new_password" label="New" autoComplete="new-password" />
      </div>
      <Button type="submit" loading={change.isPending}>
        Change password
      </Button>
    </form>
  );
}
