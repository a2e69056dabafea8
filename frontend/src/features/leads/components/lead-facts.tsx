'use client';
import { zodResolver } from '@hookform/resolvers/zod';
import { useForm } from 'react-hook-form';
import * as z from 'zod';

import { SelectField, TextField } from '@/components/forms/fields';
import { SaveButton, submitting } from '@/components/forms/submit';
import { ZoneOptions } from '@/components/forms/zone-options';
import { toast } from '@/components/ui/toast';
import type { Schema } from '@/lib/client';

import { useUpdateLead } from '../api/change-lead';

const text = z.string().trim().max(500);
const schema = z.object({
  email: z.string().trim().min(3, 'An address as name@company.example').max(320),
  first_name: text,
  last_name: text,
  company: text,
  position: text,
  country: text,
  timezone: z.string(),
  custom_fields: z.record(z.string(), z.string().max(5000)),
});

/** The facts of a person, changed where they stand. Mount with `key={lead.version}`. */
export function LeadFacts({ lead, readOnly }: { lead: Schema<'LeadDetailOut'>; readOnly: boolean }) {
  const update = useUpdateLead(lead.id, lead.version);
  const form = useForm({
    resolver: zodResolver(schema),
    disabled: readOnly,
    values: {
      email: lead.email,
      first_name: lead.first_name,
      last_name: lead.last_name,
      company: lead.company,
      position: lead.position,
      country: lead.country,
      timezone: lead.timezone,
      custom_fields: lead.custom_fields,
    },
    resetOptions: { keepDirtyValues: true },
  });
  const submit = submitting(form, async (values) => {
    await update.mutateAsync(values);
    form.reset(values);
    toast.success('Saved');
  });
  const own = Object.keys(lead.custom_fields).sort();
  return (
    <form noValidate onSubmit={submit} className="grid gap-3 sm:grid-cols-2">
      <TextField form={form} name="email" label="E-mail" type="email" className="sm:col-span-2" />
      <TextField form={form} name="first_name" label="First name" />
      <TextField form={form} name="last_name" label="Last name" />
      <TextField form={form} name="company" label="Company" />
      <TextField form={form} name="position" label="Position" />
      <TextField form={form} name="country" label="Country" />
      <SelectField form={form} name="timezone" label="Time zone">
        <ZoneOptions blank="not known" />
      </SelectField>
      {own.map((name) => (
        <TextField key={name} form={form} name={`custom_fields.${name}`} label={name} />
      ))}
      {!readOnly && (
        <div className="sm:col-span-2">
          <SaveButton form={form} busy={update.isPending} />
        </div>
      )}
    </form>
  );
}
