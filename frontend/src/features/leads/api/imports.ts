import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';

import { client, idempotencyKey, unwrap, type Schema } from '@/lib/client';
import { invalidate, keys } from '@/lib/query';
import { download, upload } from '@/lib/upload';

export type Import = Schema<'ImportOut'>;
export type ImportPreview = Schema<'ImportPreviewOut'>;

export interface ImportOptions {
  duplicates: 'update' | 'skip';
  source: string;
  lawful_basis: string;
  mapping: Record<string, string> | null;
  delimiter?: string;
  encoding?: string;
}

/** Enough to see the shape of any file; the whole is not needed for that. */
const HEAD_BYTES = 300_000;
const FINAL = new Set<Import['status']>(['completed', 'failed', 'undone']);

export function previewImport(file: File, options: Partial<ImportOptions> = {}): Promise<ImportPreview> {
  const form = new FormData();
  form.append('file', file.slice(0, HEAD_BYTES, file.type || 'text/csv'), file.name);
  form.append('options', JSON.stringify(options));
  return upload<ImportPreview>({ path: '/api/leads/import/preview', form });
}

export function useStartImport() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (job: {
      file: File;
      options: ImportOptions;
      campaign?: string | undefined;
      onProgress: (share: number) => void;
      signal: AbortSignal;
    }) => {
      const form = new FormData();
      // The options first: the server reads the stream in order.
      if (job.campaign) form.append('campaign_id', job.campaign);
      form.append('options', JSON.stringify(job.options));
      form.append('file', job.file, job.file.name);
      return upload<Import>({
        path: '/api/leads/import',
        form,
        headers: { 'Idempotency-Key': idempotencyKey() },
        onProgress: job.onProgress,
        signal: job.signal,
      });
    },
    onSuccess: (started) => {
      cache.setQueryData([...keys.imports, started.id], started);
      return invalidate(cache, [...keys.imports, 'list']);
    },
  });
}

export function useImport(id: string | null) {
  return useQuery({
    queryKey: [...keys.imports, id],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/leads/imports/{import_id}', { params: { path: { import_id: id ?? '' } }, signal }),
      ),
    enabled: id !== null,
    refetchInterval: (query) => (query.state.data && FINAL.has(query.state.data.status) ? false : 1500),
  });
}

export function useImports(limit = 8) {
  return useQuery({
    queryKey: [...keys.imports, 'list', limit],
    queryFn: ({ signal }) =>
      unwrap(client.GET('/api/leads/imports', { params: { query: { limit } }, signal })),
  });
}

export function useImportRows(id: string, enabled: boolean) {
  return useQuery({
    queryKey: [...keys.imports, id, 'rows'],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET('/api/leads/imports/{import_id}/rows', {
          params: { path: { import_id: id }, query: { limit: 50 } },
          signal,
        }),
      ),
    enabled,
  });
}

export function useUndoImport() {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(client.POST('/api/leads/imports/{import_id}/undo', { params: { path: { import_id: id } } })),
    onSuccess: () => invalidate(cache, keys.imports, keys.leads, keys.campaigns),
  });
}

export function downloadFailedRows(id: string): Promise<void> {
  return download(`/api/leads/imports/${id}/failed.csv`, `failed-rows-${id}.csv`);
}
