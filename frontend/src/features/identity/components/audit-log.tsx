'use client';
import { Button } from '@/components/ui/button';
import { ErrorState, SkeletonRows } from '@/components/ui/states';
import { fullTime, when } from '@/lib/format';

import { useAuditLog, type AuditEntry } from '../api/audit-log';
import { useMembers } from '../api/list-members';

const ACTIONS: Record<string, string> = {
  sign_in: 'Signed in',
  'sign_in.refused': 'Sign-in refused',
  'session.reused': 'A stolen session was shut out',
  'password.changed': 'Changed the password',
  'account.deleted': 'Deleted an account',
  'organization.created': 'Created the organization',
  'organization.changed': 'Changed the organization',
  'mailbox.connected': 'Connected a mailbox',
  'mailbox.disconnected': 'Disconnected a mailbox',
  'campaign.started': 'Started a campaign',
  'campaign.paused': 'Paused a campaign',
  'campaign.deleted': 'Deleted a campaign',
  'suppression.added': 'Added to Do not contact',
  'suppression.removed': 'Removed from Do not contact',
  'leads.import': 'Imported leads',
};

/** `lead.erased` of a later version reads `Lead erased`. */
export function actionWords(action: string): string {
  return ACTIONS[action] ?? action.replaceAll(/[._]/g, ' ').replace(/^./, (first) => first.toUpperCase());
}

/** Who did what here, the latest first. Entries cannot be changed or removed. */
export function AuditLog() {
  const log = useAuditLog();
  const members = useMembers();
  if (log.isPending) return <SkeletonRows rows={8} />;
  if (log.isError) return <ErrorState error={log.error} onRetry={() => void log.refetch()} />;
  const names = new Map((members.data ?? []).map((one) => [one.id, one.name || one.email]));
  const entries = log.data.pages.flatMap((page) => page.items);
  if (entries.length === 0) return <p className="px-4 py-8 text-center text-ink-2">Nothing yet.</p>;
  return (
    <>
      <ol className="divide-y">
        {entries.map((entry) => (
          <Line key={entry.id} entry={entry} who={entry.user_id ? names.get(entry.user_id) : undefined} />
        ))}
      </ol>
      {log.hasNextPage && (
        <div className="border-t p-2 text-center">
          <Button
            variant="ghost"
            size="sm"
            loading={log.isFetchingNextPage}
            onClick={() => void log.fetchNextPage()}
          >
            Show earlier
          </Button>
        </div>
      )}
    </>
  );
}

function Line({ entry, who }: { entry: AuditEntry; who: string | undefined }) {
  return (
    <li className="flex items-baseline gap-4 px-4 py-2">
      <span className="min-w-0 flex-1">
        <span className="font-medium">{actionWords(entry.action)}</span>
        {entry.subject && <span className="break-words text-ink-2"> {entry.subject}</span>}
        <span className="block truncate text-xs text-ink-3">
          {[who ?? (entry.user_id ? 'A former member' : 'Reachly'), entry.ip].filter(Boolean).join(' · ')}
        </span>
      </span>
      <time dateTime={entry.at} title={fullTime(entry.at)} className="shrink-0 text-xs text-ink-3">
        {when(entry.at)}
      </time>
    </li>
  );
}
