'use client';
import { zodResolver } from '@hookform/resolvers/zod';
import { useForm } from 'react-hook-form';
import * as z from 'zod';

import { NumberField, SelectField, TextareaField, TextField } from '@/components/forms/fields';
import { SaveButton, submitting } from '@/components/forms/submit';
import { ZoneOptions } from '@/components/forms/zone-options';
import { toast } from '@/components/ui/toast';
import { count } from '@/lib/format';

import { useUpdateOrganization, type Organization } from '../api/organization';

const BOUNDS = 'A whole number from 1 to 1,000,000, or nothing';
const schema = z.object({
  name: z.string().trim().min(1, 'The name your team goes by').max(200),
  domain: z.string().trim().max(253),
  timezone: z.string(),
  postal_address: z.string().trim().max(500),
  domain_daily_limit: z.int(BOUNDS).min(1, BOUNDS).max(1_000_000, BOUNDS).nullable(),
});

export function OrganizationForm({
  organization,
  readOnly,
}: {
  organization: Organization;
  readOnly: boolean;
}) {
  const update = useUpdateOrganization();
  const serverLimit = organization.server_domain_daily_limit;
  const form = useForm({
    resolver: zodResolver(schema),
    disabled: readOnly,
    defaultValues: {
      name: organization.name,
      domain: organization.domain ?? '',
      timezone: organization.timezone,
      postal_address: organization.postal_address ?? '',
      domain_daily_limit: organization.domain_daily_limit ?? null,
    },
  });
  const submit = submitting(form, async (values) => {
    await update.mutateAsync({
      ...values,
      domain: values.domain || null,
      postal_address: values.postal_address || null,
    });
    form.reset(values);
    toast.success('Saved');
  });
  return (
    <form noValidate onSubmit={submit} className="space-y-4">
      <div className="grid gap-3 sm:grid-cols-2">
        <TextField form={form} name="name" label="Name" />
        <TextField form={form} name="domain" label="Domain" optional placeholder="company.example" />
        <SelectField form={form} name="timezone" label="Time zone">
          <ZoneOptions />
        </SelectField>
        <NumberField
          form={form}
          name="domain_daily_limit"
          label="Messages a day from one domain"
          optional
          min={1}
          max={1_000_000}
          placeholder={serverLimit ? count(serverLimit) : 'no limit'}
          hint={`All mailboxes of a domain together send at most this many a day, whatever each of them may. Empty: ${
            serverLimit ? `the server's limit of ${count(serverLimit)}` : 'only their own limits'
          }. It holds from each mailbox's next turn on.`}
        />
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
        <SaveButton form={form} busy={update.isPending} />
      )}
    </form>
  );
}
