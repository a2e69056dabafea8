'use client';
import { zodResolver } from '@hookform/resolvers/zod';
import { useState } from 'react';
import { useForm, useFormState, useWatch, type UseFormReturn, type FieldValues } from 'react-hook-form';
import * as z from 'zod';

import { PasswordField, SelectField, SwitchField, TextField } from '@/components/forms/fields';
import { Refusal } from '@/components/forms/submit';
import { Button } from '@/components/ui/button';
import { Notice } from '@/components/ui/states';
import { toast } from '@/components/ui/toast';
import { placeFaults } from '@/lib/form-faults';
import { useUnsaved } from '@/hooks/use-unsaved';
import { ownZone } from '@/lib/format';

import { useConnectSmtp } from '../api/change-mailbox';
import { guessHosts, presetFor, usualPort, type Security } from '../model';
import { UnencryptedField } from './unencrypted-field';

const port = z.coerce.number<string | number>().int().min(1, 'A port, as 465').max(65535, 'A port, as 465');
const server = z.object({
  host: z.string().trim().min(1, 'The name of the server').max(253),
  port,
  security: z.enum(['tls', 'starttls', 'none']),
  allow_unencrypted: z.boolean(),
});
const schema = z.object({
  email_address: z.email('An address as name@company.example'),
  display_name: z.string().trim().max(200),
  username: z.string().trim().max(320),
  password: z.string().min(1, 'The password, or an app password'),
  smtp: server,
  with_imap: z.boolean(),
  imap: server.extend({ host: z.string().trim().max(253) }),
});
type Values = z.input<typeof schema>;
type Form = UseFormReturn<Values, unknown, FieldValues>;

/** Any mailbox over SMTP and IMAP. Both legs are tested before anything is kept. */
export function ConnectForm({ onDone }: { onDone: () => void }) {
  const connect = useConnectSmtp();
  const [advanced, setAdvanced] = useState(false);
  const form = useForm<Values, unknown, z.output<typeof schema>>({
    resolver: zodResolver(schema),
    defaultValues: {
      email_address: '',
      display_name: '',
      username: '',
      password: '',
      smtp: { host: '', port: 465, security: 'tls', allow_unencrypted: false },
      with_imap: true,
      imap: { host: '', port: 993, security: 'tls', allow_unencrypted: false },
    },
  });
  useUnsaved(form.formState.isDirty);
  const address = useWatch({ control: form.control, name: 'email_address' });
  const withImap = useWatch({ control: form.control, name: 'with_imap' });
  const preset = presetFor(address);
  const plain = form as unknown as Form;

  /** Fills in the servers from the address, unless somebody typed other ones. */
  function fillServers(): void {
    const typed = form.formState.dirtyFields;
    const guess = guessHosts(address);
    if (!guess.smtp) return;
    const closed = { allow_unencrypted: false };
    const smtp = preset?.smtp ?? { host: guess.smtp, port: 465, security: 'tls' };
    const imap = preset?.imap ?? { host: guess.imap, port: 993, security: 'tls' };
    if (!typed.smtp) form.setValue('smtp', { ...smtp, ...closed });
    if (!typed.imap) form.setValue('imap', { ...imap, ...closed });
    if (!preset) setAdvanced(true);
  }
  const submit = form.handleSubmit(
    async (values) => {
      const secret = { username: values.username || values.email_address, password: values.password };
      try {
        const box = await connect.mutateAsync({
          email_address: values.email_address,
          display_name: values.display_name,
          timezone: ownZone(),
          smtp: { ...values.smtp, ...secret },
          imap: values.with_imap && values.imap.host ? { ...values.imap, ...secret } : null,
        });
        toast.success(`${box.email_address} is connected`, { description: box.warnings.join(' ') });
        onDone();
      } catch (error) {
        setAdvanced(true);
        placeFaults(form as never, error);
      }
    },
    () => setAdvanced(true),
  );
  return (
    <form noValidate onSubmit={(event) => void submit(event)} className="space-y-4">
      <Refusal error={connect.error} />
      <div className="grid gap-3 sm:grid-cols-2">
        <TextField
          form={plain}
          name="email_address"
          label="Address"
          type="email"
          autoComplete="off"
          autoFocus
          onBlurCapture={fillServers}
        />
        <TextField form={plain} name="display_name" label="Sender name" hint="As people will see it" />
      </div>
      {preset && (
        <Notice tone="sending" title={preset.label}>
          {preset.advice}
        </Notice>
      )}
      <div className="grid gap-3 sm:grid-cols-2">
        <TextField
          form={plain}
          name="username"
          label="User name"
          hint="Empty: the address"
          autoComplete="off"
          optional
        />
        <PasswordField form={plain} name="password" label="Password" autoComplete="new-password" />
      </div>
      {advanced ? (
        <>
          <Leg form={plain} leg="smtp" title="Sends by SMTP" />
          <SwitchField
            form={plain}
            name="with_imap"
            label="Reads by IMAP"
            hint="Without it replies and bounces are not seen, and follow-ups go on after an answer"
          />
          {withImap && <Leg form={plain} leg="imap" title="" />}
        </>
      ) : (
        <Button variant="link" onClick={() => setAdvanced(true)}>
          Server settings
        </Button>
      )}
      <div className="flex items-center justify-between gap-3 border-t pt-4">
        <span className="text-xs text-ink-3">
          {connect.isPending
            ? 'Signing in to both servers…'
            : 'Both servers are tried before anything is kept.'}
        </span>
        <Button type="submit" variant="primary" loading={connect.isPending}>
          Test and connect
        </Button>
      </div>
    </form>
  );
}

function Leg({ form, leg, title }: { form: Form; leg: 'smtp' | 'imap'; title: string }) {
  const { dirtyFields } = useFormState({ control: form.control });
  return (
    <fieldset>
      {title && <legend className="mb-2 font-medium">{title}</legend>}
      <div className="grid grid-cols-[1fr_6rem] gap-3 sm:grid-cols-[1fr_6rem_9rem]">
        <TextField form={form} name={`${leg}.host`} label="Server" spellCheck={false} autoCapitalize="off" />
        <TextField form={form} name={`${leg}.port`} label="Port" inputMode="numeric" />
        <SelectField
          form={form}
          name={`${leg}.security`}
          label="Security"
          className="max-sm:col-span-2"
          onChangeCapture={(event) => {
            const chosen = (event.target as HTMLSelectElement).value as Security;
            // A port that somebody typed is what they mean, whatever is usual.
            if (!dirtyFields[leg]?.port) form.setValue(`${leg}.port`, usualPort(leg, chosen));
          }}
        >
          <option value="tls">TLS</option>
          <option value="starttls">STARTTLS</option>
          <option value="none">none</option>
        </SelectField>
      </div>
      <UnencryptedField form={form} security={`${leg}.security`} name={`${leg}.allow_unencrypted`} />
    </fieldset>
  );
}
