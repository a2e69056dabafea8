'use client';
import { useState } from 'react';

import { Button } from '@/components/ui/button';
import { Choice } from '@/components/ui/choice';
import { Dialog, DialogContent, DialogTrigger } from '@/components/ui/dialog';
import { ErrorState, Skeleton } from '@/components/ui/states';
import { toast, toastError } from '@/components/ui/toast';
import { plural } from '@/lib/format';

import type { Decision } from '../api/decide-unknown';
import { useDoubts, type DoubtGroup, type Doubts } from '../api/get-doubts';
import { useResolveDoubts } from '../api/resolve-doubts';

/** All of a campaign that is in doubt, decided at once, after the likely share was shown. */
export function ManualResolution({ campaign }: { campaign: string }) {
  const [open, setOpen] = useState(false);
  const [mailbox, setMailbox] = useState<string | undefined>();
  const everything = useDoubts(campaign, undefined, open);
  const doubts = useDoubts(campaign, mailbox, open);
  const resolve = useResolveDoubts(campaign);
  const run = async (decision: Decision) => {
    try {
      const done = await resolve.mutateAsync({ decision, mailbox });
      toast(told(decision, done));
      setOpen(false);
    } catch (error) {
      toastError(error);
    }
  };
  const count = doubts.data?.count ?? 0;
  return (
    <Dialog open={open} onOpenChange={setOpen}>
      <DialogTrigger asChild>
        <Button size="sm">Decide about all…</Button>
      </DialogTrigger>
      <DialogContent
        title="What became of them?"
        description="Nobody can say whether these messages were delivered. What you decide holds for all that are listed here."
        footer={
          <>
            <Button
              disabled={!count || resolve.isPending}
              onClick={() => void run('arrived')}
            >{`They arrived (${count})`}</Button>
            <Button
              variant="danger"
              disabled={!count || resolve.isPending}
              onClick={() => void run('resend')}
            >{`Send all again (${count})`}</Button>
          </>
        }
      >
        {doubts.isLoadingError ? (
          <ErrorState error={doubts.error} onRetry={() => void doubts.refetch()} />
        ) : doubts.data ? (
          <div className="space-y-4">
            <MailboxChoice groups={everything.data?.groups ?? []} value={mailbox} onChange={setMailbox} />
            <Likely doubts={doubts.data} />
            <Groups groups={doubts.data.groups} />
            <p className="text-ink-2">
              <strong className="font-medium text-ink">They arrived</strong>: they count as sent, and the
              follow-ups go on. <strong className="font-medium text-ink">Send all again</strong>: whoever has
              it already gets it twice. What is settled meanwhile is left alone.
            </p>
          </div>
        ) : (
          <Skeleton className="h-40" />
        )}
      </DialogContent>
    </Dialog>
  );
}

function MailboxChoice({
  groups,
  value,
  onChange,
}: {
  groups: DoubtGroup[];
  value: string | undefined;
  onChange: (mailbox: string | undefined) => void;
}) {
  const boxes = new Map(groups.map((one) => [one.email_account_id ?? '', one.email_address]));
  boxes.delete('');
  if (boxes.size < 2) return null;
  return (
    <Choice
      label="Mailbox"
      any="All mailboxes"
      value={value ?? ''}
      onValueChange={(id) => onChange(id || undefined)}
      options={[...boxes].map(([id, address]) => ({ value: id, label: address }))}
      className="w-full"
    />
  );
}

/** The share with what it rests on, or that there is nothing for it to rest on. */
function Likely({ doubts }: { doubts: Doubts }) {
  const known = doubts.count - doubts.without_evidence;
  if (doubts.count === 0) return <p>Nothing is in doubt any more.</p>;
  return (
    <div className="rounded-md border bg-sunken px-3 py-2.5">
      <p className="text-base font-semibold">{plural(doubts.count, 'message')} in doubt</p>
      {doubts.likely_arrived === null ? (
        <p className="text-ink-2">
          There is no evidence of how many of them arrived: no such doubt has been settled yet.
        </p>
      ) : (
        <p className="text-ink-2">
          Probably{' '}
          <strong className="font-medium text-ink">
            {doubts.likely_arrived} of {known}
          </strong>{' '}
          arrived: of {doubts.settled} such doubts that were settled so far, {doubts.arrived} had.
          {doubts.without_evidence > 0 && ` Of ${doubts.without_evidence} others there is no evidence.`}
        </p>
      )}
    </div>
  );
}

const STAGES: Record<string, string> = {
  no_answer: 'the answer was lost',
  worker_lost: 'the worker stopped on the way',
};

function Groups({ groups }: { groups: DoubtGroup[] }) {
  return (
    <ul className="divide-y rounded-md border">
      {groups.map((one) => (
        <li
          key={`${one.email_account_id ?? ''} ${one.stage}`}
          className="flex items-baseline gap-3 px-3 py-2"
        >
          <span className="w-10 text-right font-medium tabular-nums">{one.count}</span>
          <span className="min-w-0 flex-1">
            <span className="block truncate">{one.email_address || 'A mailbox that is gone'}</span>
            <span className="block text-xs text-ink-2">{STAGES[one.stage] ?? one.stage}</span>
          </span>
          <span className="text-right text-xs text-ink-2">{basis(one)}</span>
        </li>
      ))}
    </ul>
  );
}

function basis(one: DoubtGroup): string {
  if (one.basis === 'none') return 'no evidence';
  const where = one.basis === 'mailbox' ? 'here' : 'in all mailboxes';
  return `${one.arrived} of ${one.settled} had arrived ${where}`;
}

interface Done {
  resolved: number;
  skipped: number;
  ended: number;
}

function told(decision: Decision, done: Done): string {
  const what = decision === 'arrived' ? 'counted as sent' : 'sent again';
  const rest = [
    done.skipped > 0 && `${done.skipped} were settled meanwhile`,
    done.ended > 0 && `${done.ended} stay in doubt: nothing more goes to these people`,
  ].filter(Boolean);
  return [`${plural(done.resolved, 'message')} ${what}`, ...rest].join('; ');
}
