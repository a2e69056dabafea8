'use client';
import { PagedList } from '@/components/ui/paged-list';
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
  'import.undone': 'Took back an import',
  'message.arrived': 'Decided that a message had arrived',
  'message.resent': 'Decided to send a message again',
  'sending.resumed': 'Let sending go on after a restore',
  'job.retried': 'Had failed work tried again',
};

/** `lead.erased` of a later version reads `Lead erased`. */
export function actionWords(action: string): string {
  return ACTIONS[action] ?? action.replaceAll(/[._]/g, ' ').replace(/^./, (first) => first.toUpperCase());
}

/** Who did what here, the latest first. Entries cannot be changed or removed. */
export function AuditLog() {
  const log = useAuditLog();
  const members = useMembers();
  const names = new Map((members.data ?? []).map((one) => [one.id, one.name || one.email]));
  return (
    <PagedList pages={log} skeleton={8} empty="Nothing yet.">
      {(entries) => (
        <ol className="divide-y">
          {entries.map((entry) => (
            <Line key={entry.id} entry={entry} who={entry.user_id ? names.get(entry.user_id) : undefined} />
          ))}
        </ol>
      )}
    </PagedList>
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
