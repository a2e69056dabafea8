'use client';
import { zodResolver } from '@hookform/resolvers/zod';
import { useForm, useWatch } from 'react-hook-form';
import * as z from 'zod';

import { NumberField, SelectField, SwitchField, TextareaField, TextField } from '@/components/forms/fields';
import { SaveButton, submitting } from '@/components/forms/submit';
import { ZoneOptions } from '@/components/forms/zone-options';
import { toast } from '@/components/ui/toast';

import { useUpdateMailbox } from '../api/change-mailbox';
import type { Mailbox } from '../api/list-mailboxes';

const amount = (least: number, most: number) =>
  z.number({ error: 'A number' }).int().min(least, `${least} at least`).max(most, `${most} at most`);
const schema = z.object({
  display_name: z.string().trim().max(200),
  reply_to: z.string().trim(),
  signature: z.string().max(5000),
  daily_limit: amount(1, 10_000),
  min_gap_seconds: amount(0, 86_400),
  gap_jitter_seconds: amount(0, 86_400),
  ramp_enabled: z.boolean(),
  ramp_start: amount(1, 10_000),
  ramp_step: amount(0, 10_000),
  timezone: z.string(),
});

/** Nobody writes messages one by one faster than this. */
const QUICK_SECONDS = 30;

/** How a mailbox presents itself and how much it sends. */
export function MailboxForm({ mailbox, readOnly }: { mailbox: Mailbox; readOnly: boolean }) {
  const update = useUpdateMailbox();
  const form = useForm({
    resolver: zodResolver(schema),
    disabled: readOnly,
    defaultValues: {
      display_name: mailbox.display_name,
      reply_to: mailbox.reply_to ?? '',
      signature: mailbox.signature,
      daily_limit: mailbox.daily_limit,
      min_gap_seconds: mailbox.min_gap_seconds,
      gap_jitter_seconds: mailbox.gap_jitter_seconds,
      ramp_enabled: mailbox.ramp_enabled,
      ramp_start: mailbox.ramp_start,
      ramp_step: mailbox.ramp_step,
      timezone: mailbox.timezone,
    },
  });
  const [ramp, gap] = useWatch({ control: form.control, name: ['ramp_enabled', 'min_gap_seconds'] });
  const submit = submitting(form, async (values) => {
    await update.mutateAsync({ id: mailbox.id, patch: values });
    form.reset(values);
    toast.success('Saved');
  });
  return (
    <form noValidate onSubmit={submit} className="space-y-4">
      <div className="grid gap-3 sm:grid-cols-2">
        <TextField form={form} name="display_name" label="Sender name" />
        <TextField
          form={form}
          name="reply_to"
          label="Replies go to"
          hint="Left empty, to the mailbox itself"
          optional
        />
      </div>
      <TextareaField
        form={form}
        name="signature"
        label="Signature"
        rows={3}
        hint="Goes where a message says {{ signature }}"
      />
      <div className="grid gap-3 sm:grid-cols-3">
        <NumberField form={form} name="daily_limit" label="Messages a day" min={1} />
        <NumberField
          form={form}
          name="min_gap_seconds"
          label="Gap between messages"
          min={0}
          end="s"
          hint={
            gap !== null && gap < QUICK_SECONDS
              ? 'So quick a rhythm is not that of a person: providers notice'
              : undefined
          }
        />
        <NumberField form={form} name="gap_jitter_seconds" label="Plus at random up to" min={0} end="s" />
      </div>
      <SwitchField
        form={form}
        name="ramp_enabled"
        label="Ramp up slowly"
        hint="A new mailbox that sends a lot at once looks like a stolen one"
        disabled={readOnly}
      />
      {ramp && (
        <div className="grid gap-3 sm:grid-cols-3">
          <NumberField form={form} name="ramp_start" label="Start with, a day" min={1} />
          <NumberField form={form} name="ramp_step" label="More each day" min={0} />
        </div>
      )}
      <SelectField
        form={form}
        name="timezone"
        label="Time zone"
        className="sm:max-w-64"
        hint="For its hours and for when its day begins"
      >
        <ZoneOptions />
      </SelectField>
      {!readOnly && <SaveButton form={form} busy={update.isPending} />}
    </form>
  );
}
