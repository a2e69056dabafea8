'use client';
import { zodResolver } from '@hookform/resolvers/zod';
import { useForm } from 'react-hook-form';
import * as z from 'zod';

import { TextField } from '@/components/forms/fields';
import { FormDialog } from '@/components/forms/form-dialog';
import { submitting } from '@/components/forms/submit';
import { toast } from '@/components/ui/toast';

import { useAddLead } from '../api/change-lead';

const schema = z.object({
  email: z.string().trim().min(3, 'An address as name@company.example'),
  first_name: z.string().trim().max(500),
  last_name: z.string().trim().max(500),
  company: z.string().trim().max(500),
  position: z.string().trim().max(500),
  lawful_basis: z.string().trim().max(500),
});

export function AddLeadDialog({
  open,
  onOpenChange,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}) {
  const add = useAddLead();
  const form = useForm({
    resolver: zodResolver(schema),
    defaultValues: { email: '', first_name: '', last_name: '', company: '', position: '', lawful_basis: '' },
  });
  const submit = submitting(form, async (values) => {
    await add.mutateAsync({ ...values, source: 'by hand' });
    toast.success(`${values.email} is added`);
    form.reset();
    onOpenChange(false);
  });
  return (
    <FormDialog
      {...{ open, onOpenChange }}
      title="Add a lead"
      description="The address is verified by itself."
      action="Add"
      busy={add.isPending}
      unsaved={form.formState.isDirty}
      onSubmit={submit}
      className="grid gap-3 sm:grid-cols-2"
    >
      <TextField form={form} name="email" label="E-mail" type="email" autoFocus className="sm:col-span-2" />
      <TextField form={form} name="first_name" label="First name" optional />
      <TextField form={form} name="last_name" label="Last name" optional />
      <TextField form={form} name="company" label="Company" optional />
      <TextField form={form} name="position" label="Position" optional />
      <TextField
        form={form}
        name="lawful_basis"
        label="Legal basis"
        hint="For example: legitimate interest, met at a fair"
        optional
        className="sm:col-span-2"
      />
    </FormDialog>
  );
}
