'use client';
import { Play, Square } from 'lucide-react';
import { useMemo, type ReactNode } from 'react';

import { Button } from '@/components/ui/button';
import { Choice } from '@/components/ui/choice';
import type { DataColumn } from '@/components/ui/data-table';
import { SearchField } from '@/components/ui/search-field';
import { NameCell } from '@/components/ui/name-cell';
import { PagedTable } from '@/components/ui/paged-table';
import { EmptyState } from '@/components/ui/states';
import { StatusWord } from '@/components/ui/status';
import { SuppressedWord } from '@/components/ui/suppressed';
import { toast, toastError } from '@/components/ui/toast';
import { Tooltip } from '@/components/ui/tooltip';
import { useUrlChoice } from '@/hooks/use-url-choice';
import { useUrlState } from '@/hooks/use-url-state';
import { capital, count, fullName, fullTime, when } from '@/lib/format';
import { paths } from '@/lib/paths';
import { remedyFor } from '@/lib/why';

import { useEnrollments, type BlockReason, type Enrollment } from '../api/page-enrollments';
import { useSteerEnrollment } from '../api/steer-enrollment';
import { STATES, stateWord, type Progress } from '../model';
import { NextMessage } from './next-message';

export function PeopleTable({
  campaign,
  progress,
  canWrite,
  mailboxes,
  actions,
}: {
  campaign: string;
  progress: Progress;
  canWrite: boolean;
  /** Addresses by id. */
  mailboxes?: ReadonlyMap<string, string> | undefined;
  /** Beside the search. */
  actions?: ReactNode;
}) {
  const [q, setQ] = useUrlState('q');
  const [state, setState] = useUrlChoice('state', STATES);
  const reasons = reasonsOf(progress);
  const [asked, setReason] = useUrlChoice('reason', reasons);
  // The reasons are of those who are blocked; in any other state the address keeps one without effect.
  const reason = state === 'blocked' ? asked : undefined;
  const search = q.trim();
  const people = useEnrollments(campaign, {
    ...(search ? { q: search } : {}),
    ...(state ? { state } : {}),
    ...(reason ? { reason } : {}),
  });
  const columns = useMemo(() => columnsFor(campaign, canWrite, mailboxes), [campaign, canWrite, mailboxes]);
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="mb-3 flex flex-wrap gap-2">
        <SearchField
          label="Search people"
          placeholder="Search"
          value={q}
          onValueChange={setQ}
          className="w-full sm:w-60"
        />
        <Choice
          label="State"
          any={`All, ${count(progress.total)}`}
          value={state}
          onValueChange={setState}
          options={STATES.map(({ value, label }) => ({
            value,
            label: `${label}, ${count(progress[value])}`,
          }))}
          className="w-48"
        />
        {state === 'blocked' && reasons.length > 0 && (
          <Choice
            label="Reason"
            any="Any reason"
            value={reason}
            onValueChange={setReason}
            options={reasons}
            className="w-56"
          />
        )}
        {actions && (
          <>
            <span className="flex-1 max-sm:hidden" />
            {actions}
          </>
        )}
      </div>
      <PagedTable
        label="People of this campaign"
        columns={columns}
        pages={people}
        rowId={(one) => one.id}
        rowHref={(one) => paths.lead(one.lead_id)}
        rowHeight={48}
        walk
        empty={
          <EmptyState title={search || state ? 'Nobody like that' : 'Nobody is in this campaign'}>
            {search || state ? 'Change the search or the state.' : 'Add people in the editor.'}
          </EmptyState>
        }
      />
    </div>
  );
}

/** What blocks people here, the most frequent first. */
function reasonsOf({ blocked_by }: Progress): { value: BlockReason; label: string }[] {
  return Object.entries(blocked_by ?? {})
    .toSorted(([, a], [, b]) => b - a)
    .map(([code, n]) => ({
      value: code as BlockReason,
      label: `${capital(remedyFor(code).words)}, ${count(n)}`,
    }));
}

function columnsFor(
  campaign: string,
  canWrite: boolean,
  mailboxes: ReadonlyMap<string, string> | undefined,
): DataColumn<Enrollment>[] {
  const next = (one: Enrollment) => (
    <NextMessage
      one={{ ...one, enrollment_id: one.id }}
      who={{ lead: one.lead_id, email: one.email }}
      {...{ campaign, mailboxes }}
    />
  );
  return [
    {
      id: 'who',
      header: 'Person',
      width: 'minmax(10rem,1.6fr)',
      cell: (one) => (
        <NameCell
          name={fullName(one) || one.email}
          note={[fullName(one) && one.email, one.company].filter(Boolean).join(' · ')}
          wideNote
        />
      ),
      below: next,
    },
    {
      id: 'state',
      header: 'State',
      width: '8.5rem',
      cell: (one) =>
        one.suppression ? (
          <SuppressedWord suppression={one.suppression} />
        ) : (
          <StatusWord status={one.state} word={stateWord(one.state)} />
        ),
    },
    {
      id: 'why',
      header: 'Next',
      width: 'minmax(11rem,1.6fr)',
      from: 'sm',
      cell: next,
    },
    {
      id: 'sent',
      header: 'Sent',
      width: '4rem',
      align: 'right',
      from: 'md',
      cell: (one) => count(one.sent),
    },
    {
      id: 'did',
      header: 'Activity',
      width: '8rem',
      from: 'lg',
      cell: (one) => (
        <span className="text-ink-2">
          {[one.replied && 'replied', one.clicked && 'clicked', one.opened && 'opened']
            .filter(Boolean)
            .slice(0, 2)
            .join(', ') || '–'}
        </span>
      ),
    },
    {
      id: 'last',
      header: 'Last sent',
      width: '7rem',
      align: 'right',
      from: 'md',
      cell: (one) => <span title={fullTime(one.last_sent_at)}>{when(one.last_sent_at)}</span>,
    },
    {
      id: 'steer',
      header: <span className="sr-only">Steer</span>,
      width: 'clamp(3.75rem,9vw,7.25rem)',
      align: 'right',
      cell: (one) => (canWrite ? <Steer one={one} campaign={campaign} /> : null),
    },
  ];
}

function Steer({ one, campaign }: { one: Enrollment; campaign: string }) {
  const steer = useSteerEnrollment(campaign);
  const running = one.status === 'pending' || one.status === 'active' || one.status === 'held';
  if (!running && one.status !== 'stopped') return null;
  const action = one.status === 'stopped' || one.status === 'held' ? 'resume' : 'stop';
  const words = action === 'stop' ? 'Stop writing to this person' : 'Let the sequence go on';
  const Icon = action === 'stop' ? Square : Play;
  return (
    <Tooltip content={words}>
      <Button
        variant="ghost"
        size="sm"
        aria-label={`${words}: ${one.email}`}
        className="relative z-10 max-xl:size-7 max-xl:px-0 max-xl:pointer-coarse:size-9"
        loading={steer.isPending}
        onClick={() =>
          steer.mutate(
            { enrollment: one.id, action },
            {
              onSuccess: () => toast(action === 'stop' ? `${one.email} is stopped` : `${one.email} goes on`),
              onError: toastError,
            },
          )
        }
      >
        <Icon aria-hidden /> <span className="max-xl:hidden">{action === 'stop' ? 'Stop' : 'Go on'}</span>
      </Button>
    </Tooltip>
  );
}
