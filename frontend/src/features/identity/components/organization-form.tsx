'use client';
import { zodResolver } from '@hookform/resolvers/zod';
import { useForm } from 'react-hook-form';
import * as z from 'zod';

import { SelectField, TextareaField, TextField } from '@/components/forms/fields';
import { ZoneOptions } from '@/components/forms/zone-options';
import { Button } from '@/components/ui/button';
import { toast, toastError } from '@/components/ui/toast';
import { placeFaults } from '@/lib/form-faults';

import { useUpdateOrganization, type Organization } from '../api/organization';

const schema = z.object({
  name: z.string().trim().min(1, 'The name your team goes by').max(200),
  domain: z.string().trim().max(253),
  timezone: z.string(),
  postal_address: z.string().trim().max(500),
});

export function OrganizationForm({
  organization,
  readOnly,
}: {
  organization: Organization;
  readOnly: boolean;
}) {
  const update = useUpdateOrganization();
  const form = useForm({
    resolver: zodResolver(schema),
    disabled: readOnly,
    defaultValues: {
      name: organization.name,
      domain: organization.domain ?? '',
      timezone: organization.timezone,
      postal_address: organization.postal_address ?? '',
    },
  });
  const submit = form.handleSubmit(async (values) => {
    try {
      await update.mutateAsync({
        ...values,
        domain: values.domain || null,
        postal_address: values.postal_address || null,
      });
      form.reset(values);
      toast.success('Saved');
    } catch (error) {
      if (!placeFaults(form, error)) toastError(error);
    }
  });
  return (
    <form noValidate onSubmit={(event) => void submit(event)} className="space-y-4">
      <div className="grid gap-3 sm:grid-cols-2">
        <TextField form={form} name="name" label="Name" />
        <TextField form={form} name="domain" label="Domain" optional placeholder="company.example" />
        <SelectField form={form} name="timezone" label="Time zone">
          <ZoneOptions />
        </SelectField>
      </div>
      <TextareaField
        form={form}
        name="postal_address"
        label="Postal address"
        rows={3}
        hint="Shown at the end of every campaign message; no campaign starts without it"
      />
      {readOnly ? (
        <p className="text-ink-3">Only an administrator can change this.</p>
      ) : (
        <Button type="submit" variant="primary" disabled={!form.formState.isDirty} loading={update.isPending}>
          Save
        </Button>
      )}
    </form>
  );
}
