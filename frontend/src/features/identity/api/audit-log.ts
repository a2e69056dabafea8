import { usePages } from '@/hooks/use-pages';
import { client, unwrap, type Schema } from '@/lib/client';
import { keys } from '@/lib/query';

export type AuditEntry = Schema<'AuditEntryOut'>;

export function useAuditLog() {
  return usePages({
    key: [...keys.organization, 'audit-log'],
    read: (cursor, signal) =>
      unwrap(
        client.GET('/api/organization/audit-log', {
          params: { query: { limit: 50, cursor } },
          signal,
        }),
      ),
    // It is looked at to see what has just happened.
    staleTime: 0,
  });
}
