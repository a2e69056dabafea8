'use client';
import { Monitor, Moon, Send, Smartphone, Type } from 'lucide-react';
import Link from 'next/link';
import { useState } from 'react';

import { PreviewFrame } from '@/components/email/preview-frame';
import { Button } from '@/components/ui/button';
import { Choice } from '@/components/ui/choice';
import { Input } from '@/components/ui/input';
import { Popover } from '@/components/ui/menu';
import { Segmented } from '@/components/ui/segmented';
import { Notice, Skeleton } from '@/components/ui/states';
import { toast, toastError } from '@/components/ui/toast';
import { useDebounced } from '@/hooks/use-debounced';
import { doNotContact } from '@/lib/do-not-contact';
import { paths } from '@/lib/paths';
import { wordsFor } from '@/lib/problem';

import { usePreview, type PreviewOf } from '../api/preview-message';
import { useSendTest } from '../api/send-test';

type View = 'desktop' | 'phone' | 'dark' | 'text';

export interface PreviewPanelProps {
  campaign: string;
  step: string;
  variant: string;
  subject: string;
  body: string;
  /** People to look through the eyes of. */
  people: readonly { id: string; label: string }[];
  ownAddress: string;
  canSend: boolean;
}

/** The message as one of the people would get it, while it is being written. */
export function PreviewPanel(props: PreviewPanelProps) {
  const [view, setView] = useState<View>('desktop');
  const [lead, setLead] = useState('');
  const of = useDebounced<PreviewOf>(
    {
      sequence_id: props.step,
      variant: props.variant,
      subject_template: props.subject,
      email_template: props.body,
      ...(lead ? { lead_id: lead } : {}),
    },
    500,
  );
  const preview = usePreview(props.campaign, of, of.email_template !== '');
  const message = preview.data;
  return (
    <section aria-label="Preview" className="flex min-h-96 flex-col rounded-lg border bg-panel">
      <div className="flex flex-wrap items-center gap-2 border-b px-3 py-2">
        <Choice
          label="As this person"
          any={message?.is_invented ? 'as an example person' : 'as the first person'}
          value={lead}
          onValueChange={setLead}
          options={props.people.map((person) => ({ value: person.id, label: person.label }))}
          className="w-auto min-w-0 flex-1"
        />
        <Segmented<View>
          label="View"
          value={view}
          onValueChange={setView}
          options={[
            { value: 'desktop', label: <Monitor aria-label="Desktop" />, title: 'Desktop' },
            { value: 'phone', label: <Smartphone aria-label="Phone" />, title: 'Phone' },
            { value: 'dark', label: <Moon aria-label="Dark" />, title: 'Dark' },
            { value: 'text', label: <Type aria-label="Plain text" />, title: 'Plain text' },
          ]}
        />
      </div>
      {preview.isError ? (
        <div className="p-3">
          <Notice tone="held" title={wordsFor(preview.error).title}>
            {wordsFor(preview.error).detail}
          </Notice>
        </div>
      ) : !message ? (
        <div className="space-y-3 p-4">
          <Skeleton className="h-4 w-2/3" />
          <Skeleton className="h-40 w-full" />
        </div>
      ) : (
        <>
          <div className="border-b px-3 py-2">
            <p className="truncate text-base font-medium">{message.subject || '(no subject)'}</p>
            <p className="truncate text-xs text-ink-3">
              {message.from_email} to {message.to_email}
            </p>
          </div>
          {message.suppression && (
            <Notice tone="bounced" className="rounded-none" title={doNotContact(message.suppression)}>
              Nothing is sent to this person.
            </Notice>
          )}
          {message.unresolved.length > 0 && (
            <Notice tone="held" className="rounded-none" title="The message would wait">
              <Lacking names={message.unresolved} lead={lead} />
            </Notice>
          )}
          <div className="min-h-72 flex-1 bg-sunken p-2">
            {view === 'text' || !message.html ? (
              <pre className="h-full overflow-auto rounded-md border bg-panel p-4 font-sans text-base whitespace-pre-wrap">
                {message.text}
              </pre>
            ) : (
              <PreviewFrame html={message.html} dark={view === 'dark'} phone={view === 'phone'} />
            )}
          </div>
        </>
      )}
      {props.canSend && <TestSend {...props} lead={lead} />}
    </section>
  );
}

function TestSend({
  campaign,
  step,
  variant,
  subject,
  body,
  ownAddress,
  lead,
}: PreviewPanelProps & { lead: string }) {
  const [to, setTo] = useState(ownAddress);
  const send = useSendTest(campaign);
  async function submit(): Promise<void> {
    try {
      const answer = await send.mutateAsync({
        to_email: to,
        sequence_id: step,
        variant,
        subject_template: subject,
        email_template: body,
        ...(lead ? { lead_id: lead } : {}),
      });
      if (answer.ok) toast.success(`Sent to ${to}`);
      else toast.error('Not sent', { description: answer.detail });
    } catch (error) {
      toastError(error);
    }
  }
  return (
    <div className="flex justify-end border-t px-2 py-1.5">
      <Popover
        label="Send a test"
        align="end"
        className="w-72"
        trigger={
          <Button variant="ghost" size="sm">
            <Send aria-hidden /> Send a test
          </Button>
        }
      >
        <form
          className="space-y-2"
          onSubmit={(event) => {
            event.preventDefault();
            void submit();
          }}
        >
          <label className="block text-xs font-medium" htmlFor="test-to">
            One message, marked as a test, to
          </label>
          <Input
            id="test-to"
            type="email"
            required
            value={to}
            onChange={(event) => setTo(event.target.value)}
          />
          <Button type="submit" variant="primary" size="sm" loading={send.isPending}>
            Send
          </Button>
        </form>
      </Popover>
    </div>
  );
}

/** Fields that are not the person's: what is empty, and where it is filled. */
const OF_SENDER: Record<string, { words: string; href: string; go: string }> = {
  signature: { words: 'The mailbox has no signature.', href: paths.mailboxes, go: 'Open the mailboxes' },
  postal_address: {
    words: 'The organization has no postal address.',
    href: paths.settingsPart('organization'),
    go: 'Open the organization',
  },
};

/** Whose fields are empty; each leads to where it is filled. */
export function Lacking({ names, lead }: { names: readonly string[]; lead: string }) {
  const own = names.filter((name) => !OF_SENDER[name]);
  const link = 'text-accent underline underline-offset-2';
  return (
    <ul>
      {own.length > 0 && (
        <li>
          This person lacks {own.join(', ')}.{' '}
          {lead && (
            <Link href={paths.lead(lead)} className={link}>
              Open the person
            </Link>
          )}
        </li>
      )}
      {names.map((name) => {
        const of = OF_SENDER[name];
        return of ? (
          <li key={name}>
            {of.words}{' '}
            <Link href={of.href} className={link}>
              {of.go}
            </Link>
          </li>
        ) : null;
      })}
    </ul>
  );
}
