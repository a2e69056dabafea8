'use client';
import { Button } from '@/components/ui/button';
import { ProgressBar } from '@/components/ui/progress';
import { ErrorState, SkeletonRows } from '@/components/ui/states';
import { Badge, StatusWord } from '@/components/ui/status';
import { toast, toastError } from '@/components/ui/toast';
import { ago, count, day } from '@/lib/format';

import { useUsage } from '../api/get-usage';
import { useMembers } from '../api/list-members';
import { useEndSession, useSessions } from '../api/sessions';

export function MemberList() {
  const members = useMembers();
  if (members.isPending) return <SkeletonRows rows={2} />;
  if (members.isLoadingError)
    return <ErrorState error={members.error} onRetry={() => void members.refetch()} />;
  return (
    <ul className="divide-y">
      {members.data.map((member) => (
        <li key={member.id} className="flex items-center gap-3 px-4 py-2.5">
          <span className="min-w-0 flex-1">
            <span className="block truncate font-medium">{member.name || member.email}</span>
            {member.name && <span className="block truncate text-xs text-ink-3">{member.email}</span>}
          </span>
          {!member.is_active && <StatusWord status="paused" word="Switched off" className="text-xs" />}
          <Badge tone={member.role === 'admin' ? 'accent' : 'idle'}>{member.role}</Badge>
          <span className="w-20 text-right text-xs text-ink-3">{day(member.created_at)}</span>
        </li>
      ))}
    </ul>
  );
}

/** `Mozilla/5.0 (X11; Linux x86_64) … Firefox/140.0` becomes `Firefox on Linux`. */
export function browserName(agent: string): string {
  const browser = /(Edg|OPR|Firefox|Chrome|Safari)\//.exec(agent)?.[1] ?? '';
  const system = /(Windows|Macintosh|Android|iPhone|iPad|Linux)/.exec(agent)?.[1] ?? '';
  const names: Record<string, string> = { Edg: 'Edge', OPR: 'Opera', Macintosh: 'Mac' };
  const said = [names[browser] ?? browser, names[system] ?? system].filter(Boolean).join(' on ');
  return said || agent.slice(0, 40) || 'An unknown program';
}

export function SessionList() {
  const sessions = useSessions();
  const end = useEndSession();
  if (sessions.isPending) return <SkeletonRows rows={2} />;
  if (sessions.isLoadingError)
    return <ErrorState error={sessions.error} onRetry={() => void sessions.refetch()} />;
  return (
    <ul className="divide-y">
      {sessions.data.map((session) => (
        <li key={session.id} className="flex items-center gap-3 px-4 py-2.5">
          <span className="min-w-0 flex-1">
            <span className="block truncate" title={session.user_agent}>
              {browserName(session.user_agent)}
            </span>
            <span className="block text-xs text-ink-3">
              {session.ip} · used {ago(session.last_used_at)}
            </span>
          </span>
          {session.is_current ? (
            <Badge tone="replied">This device</Badge>
          ) : (
            <Button
              size="sm"
              loading={end.isPending && end.variables === session.id}
              onClick={() =>
                end.mutate(session.id, {
                  onSuccess: () => toast('Signed out on that device'),
                  onError: toastError,
                })
              }
            >
              Sign out
            </Button>
          )}
        </li>
      ))}
    </ul>
  );
}

const PLANS: Record<string, string> = {
  self_hosted: 'Self-hosted, no limits',
  free: 'Free plan',
  pro: 'Pro plan',
};
const METRICS: Record<string, string> = { sends: 'Messages sent', leads_imported: 'Leads imported' };

export function UsageList() {
  const usage = useUsage();
  if (usage.isPending) return <SkeletonRows rows={3} />;
  if (usage.isLoadingError) return <ErrorState error={usage.error} onRetry={() => void usage.refetch()} />;
  return (
    <>
      <p className="border-b px-4 py-2.5 text-ink-2">
        {PLANS[usage.data.plan_type] ?? usage.data.plan_type}, counted since {day(usage.data.since)}.
      </p>
      <ul className="divide-y">
        {usage.data.metrics.map(({ metric, used, limit }) => (
          <li key={metric} className="flex items-center gap-4 px-4 py-2.5">
            <span className="w-40 first-letter:uppercase">
              {METRICS[metric] ?? metric.replaceAll('_', ' ')}
            </span>
            <span className="flex-1">
              {limit !== null && (
                <ProgressBar
                  label={metric}
                  total={limit}
                  segments={[{ label: 'used', value: used, tone: used >= limit * 0.9 ? 'held' : 'sending' }]}
                />
              )}
            </span>
            <span className="text-right">
              {count(used)}{' '}
              <span className="text-ink-3">{limit === null ? 'no limit' : `of ${count(limit)}`}</span>
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
