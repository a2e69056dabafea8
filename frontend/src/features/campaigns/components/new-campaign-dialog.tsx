'use client';
import { zodResolver } from '@hookform/resolvers/zod';
import { useRouter } from 'next/navigation';
import { useForm } from 'react-hook-form';
import * as z from 'zod';

import { TextField } from '@/components/forms/fields';
import { FormDialog } from '@/components/forms/form-dialog';
import { submitting } from '@/components/forms/submit';
import { paths } from '@/lib/paths';

import { useCreateCampaign } from '../api/create-campaign';

const schema = z.object({ name: z.string().trim().min(1, 'A name to find it by').max(200) });
const WORKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri'];

export function NewCampaignDialog({
  open,
  onOpenChange,
  mailboxIds,
  zone,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** Those that can send now: a new campaign begins with all of them. */
  mailboxIds: readonly string[];
  /** The organization's: where people work together, not where one of them happens to sit. */
  zone: string;
}) {
  const router = useRouter();
  const create = useCreateCampaign();
  const form = useForm({ resolver: zodResolver(schema), defaultValues: { name: '' } });
  const submit = submitting(form, async ({ name }) => {
    const made = await create.mutateAsync({
      name,
      email_account_ids: [...mailboxIds],
      send_schedule: {
        timezone: zone,
        windows: Object.fromEntries(WORKDAYS.map((day) => [day, [['09:00', '17:00']]])),
      },
    });
    router.push(paths.campaignEdit(made.id));
  });
  return (
    <FormDialog
      {...{ open, onOpenChange }}
      title="New campaign"
      description="A draft: nothing is sent before you start it."
      action="Create draft"
      busy={create.isPending}
      unsaved={form.formState.isDirty}
      onSubmit={submit}
    >
      <TextField form={form} name="name" label="Name" placeholder="Autumn, studios in Lisbon" autoFocus />
      <p className="mt-3 text-ink-2">
        Sends Mon to Fri 9:00 to 17:00 by the organization’s time zone, {zone.replaceAll('_', ' ')}, until you
        change its schedule.
      </p>
    </FormDialog>
  );
}
