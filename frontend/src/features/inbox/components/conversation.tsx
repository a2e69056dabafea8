'use client';
import { ArrowLeft, Clock, ExternalLink, MailOpen } from 'lucide-react';
import Link from 'next/link';
import { useEffect, useRef } from 'react';

import { Button } from '@/components/ui/button';
import { Select } from '@/components/ui/input';
import { Menu, MenuItem, MenuLabel } from '@/components/ui/menu';
import { ErrorState, SkeletonRows } from '@/components/ui/states';
import { toast, toastError } from '@/components/ui/toast';
import { cn } from '@/lib/cn';
import type { Schema } from '@/lib/client';
import { doNotContact } from '@/lib/do-not-contact';
import { fullTime, when } from '@/lib/format';
import { paths } from '@/lib/paths';

import { useMarkRead, useSetIntent, useSnooze, useThread, type Intent } from '../api/threads';
import { INTENTS } from '../model';

export function Conversation({
  id,
  canWrite,
  onClose,
}: {
  id: string;
  canWrite: boolean;
  onClose: () => void;
}) {
  const thread = useThread(id);
  const read = useMarkRead();
  const unread = thread.data?.unread;
  const { mutate } = read;
  useEffect(() => {
    if (unread && canWrite) mutate({ id, unread: false });
    // Once when it is opened; marking it unread by hand must not be undone at once.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [id, unread === undefined]);
  const end = useRef<HTMLLIElement>(null);
  const messages = thread.data?.messages.length;
  // What they wrote last is what is read first.
  useEffect(() => {
    end.current?.scrollIntoView({ block: 'end' });
  }, [messages]);
  if (thread.isPending) return <SkeletonRows rows={4} />;
  if (thread.isLoadingError)
    return (
      <ErrorState
        error={thread.error}
        onRetry={() => void thread.refetch()}
        thing={{ name: 'conversation', back: { href: paths.inbox, label: 'To the inbox' } }}
      />
    );
  return (
    <>
      <Header thread={thread.data} canWrite={canWrite} onClose={onClose} />
      <ol className="scroll-slim min-h-0 flex-1 space-y-3 overflow-y-auto p-4">
        {thread.data.messages.map((message) => (
          <Message key={message.id} message={message} />
        ))}
        <li ref={end} aria-hidden />
      </ol>
      <footer className="flex flex-wrap items-center justify-between gap-2 border-t bg-panel px-4 py-2.5">
        <span className="text-xs text-ink-3">{standingOf(thread.data)}</span>
        <Button variant="primary" asChild>
          <a href={mailto(thread.data)}>
            <ExternalLink aria-hidden /> Reply in your mail app
          </a>
        </Button>
      </footer>
    </>
  );
}

function standingOf({ enrollment_status, held_until, suppression }: Schema<'ThreadDetailOut'>): string {
  if (suppression) return `${doNotContact(suppression)}. They get no more messages.`;
  if (enrollment_status === 'held')
    return held_until
      ? `Away: nothing is sent before ${when(held_until)}.`
      : 'Away. The sequence waits until they are back.';
  if (enrollment_status === 'active' || enrollment_status === 'pending') return 'The sequence goes on.';
  return enrollment_status ? 'They get no more follow-ups.' : '';
}

function mailto(thread: Schema<'ThreadDetailOut'>): string {
  const subject = /^re:/i.test(thread.subject) ? thread.subject : `Re: ${thread.subject}`;
  return `mailto:${encodeURIComponent(thread.contact_email)}?subject=${encodeURIComponent(subject)}`;
}

function Header({
  thread,
  canWrite,
  onClose,
}: {
  thread: Schema<'ThreadDetailOut'>;
  canWrite: boolean;
  onClose: () => void;
}) {
  const intent = useSetIntent();
  const read = useMarkRead();
  return (
    <header className="flex flex-wrap items-center gap-2 border-b bg-panel px-4 py-2.5">
      <Button
        variant="ghost"
        size="icon"
        aria-label="Back to the list"
        className="md:hidden"
        onClick={onClose}
      >
        <ArrowLeft aria-hidden />
      </Button>
      <div className="min-w-0 flex-1 max-sm:basis-[calc(100%-3.5rem)]">
        <p className="truncate font-medium">
          {thread.lead_id ? (
            <Link href={paths.lead(thread.lead_id)} className="hover:underline">
              {thread.contact_name || thread.contact_email}
            </Link>
          ) : (
            thread.contact_name || thread.contact_email
          )}
        </p>
        <p className="truncate text-xs text-ink-3">
          {thread.contact_email} · {thread.subject}
        </p>
      </div>
      {canWrite && (
        <>
          <Select
            aria-label="Intent"
            value={thread.intent}
            className="w-40 max-sm:flex-1"
            onChange={(event) =>
              intent.mutate({ id: thread.id, intent: event.target.value as Intent }, { onError: toastError })
            }
          >
            {!INTENTS.some((one) => one.value === thread.intent) && (
              <option value={thread.intent}>{thread.intent || 'Not read yet'}</option>
            )}
            {INTENTS.map((one) => (
              <option key={one.value} value={one.value}>
                {one.label}
              </option>
            ))}
          </Select>
          <SnoozeMenu thread={thread} />
          <Button
            variant="ghost"
            size="icon"
            aria-label="Mark as unread"
            title="Mark as unread"
            onClick={() =>
              read.mutate({ id: thread.id, unread: true }, { onSuccess: onClose, onError: toastError })
            }
          >
            <MailOpen aria-hidden />
          </Button>
        </>
      )}
    </header>
  );
}

function tomorrowAt(hour: number, days = 1): string {
  const at = new Date();
  at.setDate(at.getDate() + days);
  at.setHours(hour, 0, 0, 0);
  return at.toISOString();
}

function SnoozeMenu({ thread }: { thread: Schema<'ThreadDetailOut'> }) {
  const snooze = useSnooze();
  const set = (until: string | null) =>
    snooze.mutate(
      { id: thread.id, until },
      {
        onSuccess: () => toast(until ? `Snoozed until ${when(until)}` : 'Back in the inbox'),
        onError: toastError,
      },
    );
  return (
    <Menu
      trigger={
        <Button variant="ghost" size="icon" aria-label="Snooze" title="Snooze">
          <Clock aria-hidden />
        </Button>
      }
    >
      <MenuLabel>
        {thread.snoozed_until ? `Snoozed until ${when(thread.snoozed_until)}` : 'Snooze until'}
      </MenuLabel>
      <MenuItem onSelect={() => set(tomorrowAt(9))}>Tomorrow, 9:00</MenuItem>
      <MenuItem onSelect={() => set(tomorrowAt(9, 3))}>In three days</MenuItem>
      <MenuItem onSelect={() => set(tomorrowAt(9, 7))}>In a week</MenuItem>
      {thread.snoozed_until && <MenuItem onSelect={() => set(null)}>Back to the inbox now</MenuItem>}
    </Menu>
  );
}

/** Plain text only: what strangers send is never drawn as a page here. */
function Message({ message }: { message: Schema<'MessageOut'> }) {
  const out = message.direction === 'out';
  return (
    <li className={cn('max-w-2xl rounded-lg border p-3', out ? 'ml-auto bg-sunken' : 'bg-panel')}>
      <p className="mb-1.5 flex items-baseline justify-between gap-4 text-xs text-ink-3">
        <span className="truncate">
          <span className="font-medium text-ink-2">{message.from_name || message.from_email}</span>
          {message.step ? `, step ${message.step}` : ''}
        </span>
        <time dateTime={message.at} title={fullTime(message.at)} className="shrink-0">
          {when(message.at)}
        </time>
      </p>
      <p className="text-base break-words whitespace-pre-wrap">
        {/* Each copy had a link of its own, which is not kept. */}
        {out ? message.text.replaceAll('#unsubscribe', '(personal link)') : message.text}
      </p>
    </li>
  );
}
