'use client';
import { zodResolver } from '@hookform/resolvers/zod';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import * as z from 'zod';

import { PasswordField, SelectField, TextField } from '@/components/forms/fields';
import { Refusal } from '@/components/forms/submit';
import { Button } from '@/components/ui/button';
import { toast } from '@/components/ui/toast';
import { useUnsaved } from '@/hooks/use-unsaved';

import { useUpdateMailbox } from '../api/change-mailbox';
import type { Mailbox } from '../api/list-mailboxes';
import { UnencryptedField } from './unencrypted-field';

const schema = z.object({
  host: z.string().trim().min(1, 'The name of the server').max(253),
  port: z.coerce.number<string | number>().int().min(1).max(65535),
  security: z.enum(['tls', 'starttls', 'none']),
  allow_unencrypted: z.boolean(),
  username: z.string().trim().max(320),
  password: z.string().min(1, 'The password: it is never shown again'),
});
type Values = z.input<typeof schema>;

/** A new password or server for one leg; tested before it is kept. */
export function ServerForm({ mailbox }: { mailbox: Mailbox }) {
  const [leg, setLeg] = useState<'smtp' | 'imap' | null>(null);
  if (leg) return <LegForm key={leg} mailbox={mailbox} leg={leg} onDone={() => setLeg(null)} />;
  const line = (name: string, at: Mailbox['smtp'], which: 'smtp' | 'imap') => (
    <div className="flex items-center justify-between gap-3 py-2">
      <span className="min-w-0">
        <span className="block">{name}</span>
        <span className="block truncate text-xs text-ink-3">
          {at ? `${at.username} at ${at.host}:${at.port}, ${at.security}` : 'not set'}
        </span>
      </span>
      <Button size="sm" onClick={() => setLeg(which)}>
        {at ? 'Change' : 'Add'}
      </Button>
    </div>
  );
  return (
    <section>
      <h3 className="text-xs text-ink-3">Servers</h3>
      <div className="divide-y">
        {line('Sending (SMTP)', mailbox.smtp, 'smtp')}
        {line('Reading (IMAP)', mailbox.imap, 'imap')}
      </div>
    </section>
  );
}

function LegForm({ mailbox, leg, onDone }: { mailbox: Mailbox; leg: 'smtp' | 'imap'; onDone: () => void }) {
  const update = useUpdateMailbox();
  const old = mailbox[leg];
  const form = useForm<Values, unknown, z.output<typeof schema>>({
    resolver: zodResolver(schema),
    defaultValues: {
      host: old?.host ?? '',
      port: old?.port ?? (leg === 'smtp' ? 465 : 993),
      security: old?.security ?? 'tls',
      allow_unencrypted: false,
      username: old?.username ?? mailbox.email_address,
      password: '',
    },
  });
  useUnsaved(form.formState.isDirty);
  const submit = form.handleSubmit(async (values) => {
    try {
      await update.mutateAsync({ id: mailbox.id, patch: { [leg]: values } });
      toast.success('Tested and saved');
      onDone();
    } catch {
      // Said above the form.
    }
  });
  const plain = form as never;
  return (
    <form noValidate onSubmit={(event) => void submit(event)} className="space-y-3 rounded-md border p-3">
      <h3 className="font-medium">{leg === 'smtp' ? 'Sending (SMTP)' : 'Reading (IMAP)'}</h3>
      <Refusal error={update.error} />
      <div className="grid grid-cols-[1fr_6rem_8rem] gap-3">
        <TextField<Values> form={plain} name="host" label="Server" />
        <TextField<Values> form={plain} name="port" label="Port" inputMode="numeric" />
        <SelectField<Values> form={plain} name="security" label="Security">
          <option value="tls">TLS</option>
          <option value="starttls">STARTTLS</option>
          <option value="none">none</option>
        </SelectField>
      </div>
      <UnencryptedField<Values> form={plain} security="security" name="allow_unencrypted" />
      <div className="grid gap-3 sm:grid-cols-2">
        <TextField<Values> form={plain} name="username" label="User name" autoComplete="off" />
        <PasswordField<Values> form={plain} name="password" label="Password" autoComplete="new-password" />
      </div>
      <div className="flex justify-end gap-2">
        <Button onClick={onDone}>Cancel</Button>
        <Button type="submit" variant="primary" loading={update.isPending}>
          Test and save
        </Button>
      </div>
    </form>
  );
}
