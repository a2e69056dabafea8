import Link from 'next/link';

import { Panel } from '@/components/ui/card';
import { StatusWord } from '@/components/ui/status';
import { count, when } from '@/lib/format';

import { useImports } from '../api/imports';

export function RecentImports({ hrefOf }: { hrefOf: (id: string) => string }) {
  const { data } = useImports();
  if (!data || data.items.length === 0) return null;
  return (
    <Panel title="Earlier files" bodyClassName="p-0">
      <ul className="divide-y">
        {data.items.map((job) => (
          <li key={job.id} className="relative flex items-center gap-4 px-4 py-2.5 hover:bg-hover">
            <Link
              href={hrefOf(job.id)}
              prefetch={false}
              className="min-w-0 flex-1 truncate font-medium after:absolute after:inset-0"
            >
              {job.filename || 'A file'}
            </Link>
            <span className="text-xs text-ink-2 max-sm:hidden">
              {count(job.imported)} new, {count(job.updated)} updated
              {job.failed + job.skipped > 0 && (
                <span className="text-held">, {count(job.failed + job.skipped)} not taken</span>
              )}
            </span>
            <StatusWord
              status={['queued', 'uploading', 'undoing'].includes(job.status) ? 'running' : job.status}
              className="text-xs"
            />
            <time dateTime={job.created_at} className="w-28 text-right text-xs text-ink-3">
              {when(job.created_at)}
            </time>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
