import { usePages } from '@/hooks/use-pages';
import { client, unwrap, type Schema } from '@/lib/client';
import { keys } from '@/lib/query';

export type Lead = Schema<'LeadOut'>;

export interface LeadFilter {
  q?: string | undefined;
  campaign_id?: string | undefined;
  verification?: Lead['verification'] | undefined;
  import_id?: string | undefined;
  status?: string | undefined;
}

export function useLeads(filter: LeadFilter = {}, options: { enabled?: boolean; limit?: number } = {}) {
  const { enabled = true, limit = 100 } = options;
  return usePages({
    key: [...keys.leads, 'list', filter, limit],
    read: (cursor, signal) =>
      unwrap(client.GET('/api/leads', { params: { query: { ...filter, limit, cursor } }, signal })),
    keepPrevious: true,
    enabled,
  });
}
