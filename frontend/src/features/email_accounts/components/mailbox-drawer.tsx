'use client';
import { CircleCheck, CircleX } from 'lucide-react';

import { Button } from '@/components/ui/button';
import { Dialog, DrawerContent } from '@/components/ui/dialog';
import { Notice } from '@/components/ui/states';
import { StatusWord } from '@/components/ui/status';
import { toastError } from '@/components/ui/toast';
import { count, when } from '@/lib/format';

import { useTestMailbox } from '../api/change-mailbox';
import type { Mailbox } from '../api/list-mailboxes';
import { mailboxState } from '../model';
import { AvailabilityForm } from './availability-form';
import { Disconnect } from './disconnect';
import { MailboxForm } from './mailbox-form';
import { MailboxWhy } from './mailbox-why';
import { ServerForm } from './server-form';

export function MailboxDrawer({
  mailbox,
  canWrite,
  onClose,
}: {
  mailbox: Mailbox | undefined;
  canWrite: boolean;
  onClose: () => void;
}) {
  return (
    <Dialog open={mailbox !== undefined} onOpenChange={(open) => !open && onClose()}>
      {mailbox && (
        <DrawerContent
          title={mailbox.email_address}
          description={`${count(mailbox.sent_today)} of ${count(mailbox.effective_limit_today)} sent today · ${mailbox.next_send_at ? `next message ${when(mailbox.next_send_at)}` : 'nothing is planned from it'}`}
        >
          <div className="space-y-6">
            <State mailbox={mailbox} canWrite={canWrite} />
            <MailboxWhy mailbox={mailbox.id} />
            <MailboxForm key={mailbox.id} mailbox={mailbox} readOnly={!canWrite} />
            <AvailabilityForm key={`${mailbox.id}a`} mailbox={mailbox} readOnly={!canWrite} />
            {canWrite && mailbox.provider === 'smtp' && (
              <ServerForm key={`${mailbox.id}s`} mailbox={mailbox} />
            )}
            {canWrite && <Disconnect mailbox={mailbox} onClose={onClose} />}
          </div>
        </DrawerContent>
      )}
    </Dialog>
  );
}

function State({ mailbox, canWrite }: { mailbox: Mailbox; canWrite: boolean }) {
  const test = useTestMailbox();
  const state = mailboxState(mailbox);
  const trouble = mailbox.status_reason ?? mailbox.sync_error;
  return (
    <section className="space-y-2">
      <div className="flex items-center justify-between gap-3">
        <StatusWord status={state.status} word={state.word} />
        {canWrite && (
          <Button
            size="sm"
            loading={test.isPending}
            onClick={() => test.mutate(mailbox.id, { onError: toastError })}
          >
            Test connection
          </Button>
        )}
      </div>
      {trouble && (
        <Notice tone={mailbox.status === 'connected' ? 'held' : 'bounced'} title="What is wrong">
          {trouble}
        </Notice>
      )}
      {mailbox.warnings.map((warning) => (
        <Notice key={warning} tone="held">
          {warning}
        </Notice>
      ))}
      {test.data && (
        <ul className="divide-y rounded-md border" aria-live="polite">
          {test.data.legs.map((leg) => (
            <li key={leg.leg} className="flex items-start gap-2.5 px-3 py-2">
              {leg.ok ? (
                <CircleCheck className="mt-0.5 size-4 text-replied" aria-label="works" />
              ) : (
                <CircleX className="mt-0.5 size-4 text-bounced" aria-label="fails" />
              )}
              <span>
                <span className="font-medium">
                  {leg.leg === 'smtp' ? 'Sending (SMTP)' : 'Reading (IMAP)'}
                </span>
                <span className="block text-ink-2">{leg.detail}</span>
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
