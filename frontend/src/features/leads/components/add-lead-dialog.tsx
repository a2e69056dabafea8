'use client';
import { zodResolver } from '@hookform/resolvers/zod';
import { useForm } from 'react-hook-form';
import * as z from 'zod';

import { TextField } from '@/components/forms/fields';
import { Button } from '@/components/ui/button';
import { Dialog, DialogClose, DialogContent } from '@/components/ui/dialog';
import { toast, toastError } from '@/components/ui/toast';
import { placeFaults } from '@/lib/form-faults';

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
  const submit = form.handleSubmit(async (values) => {
    try {
      await add.mutateAsync({ ...values, source: 'by hand' });
      toast.success(`${values.email} is added`);
      form.reset();
      onOpenChange(false);
    } catch (error) {
      if (!placeFaults(form, error)) toastError(error);
    }
  });
  return (
    <Dialog open={open} onOpenChange={onOpenChange}>
      <DialogContent
        title="Add a lead"
        description="The address is verified by itself."
        footer={
          <>
            <DialogClose asChild>
              <Button>Cancel</Button>
            </DialogClose>
            <Button type="submit" form="add-lead" variant="primary" loading={add.isPending}>
              Add
            </Button>
          </>
        }
      >
        <form
          id="add-lead"
          noValidate
          onSubmit={(event) => void submit(event)}
          className="grid gap-3 sm:grid-cols-2"
        >
          <TextField
            form={form}
            name="email"
            label="E-mail"
            type="email"
            autoFocus
            className="sm:col-span-2"
          />
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
        </form>
      </DialogContent>
    </Dialog>
  );
}
