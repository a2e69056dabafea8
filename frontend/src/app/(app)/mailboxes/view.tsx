'use client';
import { Mail, Plus } from 'lucide-react';

import { Page } from '@/components/layout/page';
import { Button } from '@/components/ui/button';
import { EmptyState, ErrorState, Notice } from '@/components/ui/states';
import { useMailboxes } from '@/features/email_accounts/api/list-mailboxes';
import { ConnectDialog } from '@/features/email_accounts/components/connect-dialog';
import { MailboxDrawer } from '@/features/email_accounts/components/mailbox-drawer';
import { MailboxTable } from '@/features/email_accounts/components/mailbox-table';
import { useMe } from '@/features/identity/api/get-me';
import { useUrlState } from '@/hooks/use-url-state';
import { can } from '@/lib/can';
import { count, plural } from '@/lib/format';

export function MailboxesView() {
  const { data: me } = useMe();
  const mailboxes = useMailboxes();
  const [open, setOpen] = useUrlState('mailbox', '', 'push');
  const [connect, setConnect] = useUrlState('connect');
  const writes = can(me, 'accounts:write');
  const boxes = mailboxes.data ?? [];
  const sent = boxes.reduce((sum, box) => sum + box.sent_today, 0);
  const room = boxes
    .filter((box) => box.is_active && box.status === 'connected')
    .reduce((sum, box) => sum + box.effective_limit_today, 0);
  const button = writes && (
    <Button variant="primary" onClick={() => setConnect('choose')}>
      <Plus aria-hidden /> Connect
    </Button>
  );
  return (
    <Page title="Mailboxes" actions={button} fill>
      {mailboxes.isLoadingError ? (
        <ErrorState error={mailboxes.error} onRetry={() => void mailboxes.refetch()} />
      ) : (
        <>
          {open !== '' && mailboxes.isSuccess && !boxes.some((box) => box.id === open) && (
            <Notice tone="held" className="mb-3" title="There is no such mailbox">
              It may have been disconnected, or the address is wrong. All that are connected stand below.
            </Notice>
          )}
          {boxes.length > 0 && (
            <p className="mb-3 text-ink-2">
              {plural(boxes.length, 'mailbox', 'mailboxes')}, {count(sent)} of {count(room)} messages sent
              today.
            </p>
          )}
          <MailboxTable
            rows={boxes}
            loading={mailboxes.isPending}
            canWrite={writes}
            onOpen={(box) => setOpen(box.id)}
            empty={
              <EmptyState icon={Mail} title="No mailbox yet" action={button}>
                Messages go out through your own mailboxes, a few an hour each, as if written by hand.
              </EmptyState>
            }
          />
        </>
      )}
      <MailboxDrawer
        mailbox={boxes.find((box) => box.id === open)}
        canWrite={writes}
        onClose={() => setOpen('')}
      />
      {writes && <ConnectDialog way={connect} onWay={setConnect} />}
    </Page>
  );
}
