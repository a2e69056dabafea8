'use client';
import { Download, Undo2 } from 'lucide-react';
import Link from 'next/link';

import { Button } from '@/components/ui/button';
import { Figure, FigureRow, Panel } from '@/components/ui/card';
import { Confirm } from '@/components/ui/dialog';
import { ProgressBar } from '@/components/ui/progress';
import { ErrorState, Notice, SkeletonRows } from '@/components/ui/states';
import { StatusWord } from '@/components/ui/status';
import { toast, toastError } from '@/components/ui/toast';
import { bytes, count, plural } from '@/lib/format';
import { paths, withQuery } from '@/lib/paths';

import { downloadFailedRows, useImport, useImportRows, useUndoImport, type Import } from '../api/imports';

/** An import while it runs and after: what came of every row. */
export function ImportResult({ id, canUndo }: { id: string; canUndo: boolean }) {
  const job = useImport(id);
  if (job.isPending) return <SkeletonRows rows={4} className="rounded-lg border bg-panel" />;
  if (job.isLoadingError)
    return (
      <ErrorState
        error={job.error}
        onRetry={() => void job.refetch()}
        thing={{ name: 'import', back: { href: paths.leadsImport(), label: 'All imports' } }}
      />
    );
  const running = ['uploading', 'queued', 'running', 'undoing'].includes(job.data.status);
  return (
    <div className="space-y-4" aria-live="polite">
      <Panel>
        <div className="mb-3 flex flex-wrap items-center justify-between gap-2">
          <span className="min-w-0">
            <span className="block truncate font-medium">{job.data.filename || 'The file'}</span>
            <span className="text-xs text-ink-3">{bytes(job.data.bytes_total)}</span>
          </span>
          <StatusWord status={job.data.status} word={WORDS[job.data.status]} />
        </div>
        <ReadBar job={job.data} />
        {job.data.error && (
          <Notice
            tone="bounced"
            className="mt-3"
            title={job.data.status === 'failed' ? 'The file could not be taken' : 'It could not be undone'}
          >
            {job.data.error}
          </Notice>
        )}
      </Panel>
      <Counts job={job.data} />
      {!running && <Outcome job={job.data} canUndo={canUndo} />}
      {job.data.failed + job.data.skipped > 0 && !running && <FailedRows job={job.data} />}
    </div>
  );
}

const WORDS: Record<Import['status'], string> = {
  uploading: 'Uploading',
  queued: 'In the queue',
  running: 'Reading',
  completed: 'Done',
  failed: 'Failed',
  undoing: 'Being undone',
  undone: 'Undone',
};

function ReadBar({ job }: { job: Import }) {
  const share = job.status === 'completed' ? 1 : job.bytes_total ? job.bytes_done / job.bytes_total : 0;
  return (
    <div
      role="progressbar"
      aria-label="Read so far"
      aria-valuenow={Math.round(share * 100)}
      aria-valuemin={0}
      aria-valuemax={100}
    >
      <ProgressBar
        className="h-2"
        total={100}
        segments={[
          {
            label: '% read',
            value: Math.round(share * 100),
            tone: job.status === 'failed' ? 'bounced' : 'sending',
          },
        ]}
      />
    </div>
  );
}

function Counts({ job }: { job: Import }) {
  return (
    <FigureRow>
      <Figure label="Rows read" value={count(job.rows_read)} />
      <Figure label="New" value={count(job.imported)} tone={job.imported ? 'text-replied' : undefined} />
      <Figure label="Updated" value={count(job.updated)} />
      <Figure label="Skipped" value={count(job.skipped)} tone={job.skipped ? 'text-held' : undefined} />
      <Figure label="Failed" value={count(job.failed)} tone={job.failed ? 'text-bounced' : undefined} />
      {job.suppressed > 0 && (
        <Figure label="Do not contact" value={count(job.suppressed)} tone="text-bounced" />
      )}
    </FigureRow>
  );
}

function Outcome({ job, canUndo }: { job: Import; canUndo: boolean }) {
  const undo = useUndoImport();
  return (
    <div className="flex flex-wrap items-center gap-2">
      {job.campaign_id ? (
        <Button variant="primary" asChild>
          <Link href={paths.campaignEdit(job.campaign_id, 'people')}>
            {job.enrolled ? `${plural(job.enrolled, 'person', 'people')} in the campaign` : 'To the campaign'}
          </Link>
        </Button>
      ) : (
        <Button variant="primary" asChild>
          <Link href={withQuery(paths.leads, { import: job.id })}>Show these leads</Link>
        </Button>
      )}
      <Button asChild>
        <Link href={paths.leadsImport()}>Another file</Link>
      </Button>
      {job.can_undo && canUndo && (
        <Confirm
          trigger={
            <Button variant="ghost">
              <Undo2 aria-hidden /> Undo this import
            </Button>
          }
          title="Undo this import?"
          description="New people are taken out again and changed ones get their old facts back, as long as nothing was sent to them."
          action="Undo it"
          danger
          onConfirm={async () => {
            try {
              const { status } = await undo.mutateAsync(job.id);
              toast(status === 'undoing' ? 'The import is being undone' : 'The import is undone');
            } catch (error) {
              toastError(error);
              throw error;
            }
          }}
        />
      )}
    </div>
  );
}

function FailedRows({ job }: { job: Import }) {
  const rows = useImportRows(job.id, true);
  return (
    <Panel
      title="Rows that were not taken"
      description="Each with its line and the reason"
      action={
        <Button size="sm" onClick={() => void downloadFailedRows(job.id).catch(toastError)}>
          <Download aria-hidden /> Download
        </Button>
      }
      bodyClassName="p-0"
    >
      {rows.isPending ? (
        <SkeletonRows rows={3} />
      ) : (
        <div className="scroll-slim max-h-96 overflow-auto">
          <table className="w-full min-w-[32rem]" aria-label="Rows that were not taken">
            <tbody className="divide-y">
              {(rows.data?.items ?? []).map((row) => (
                <tr key={`${row.line}${row.code}`}>
                  <td className="w-20 px-4 py-2 text-xs text-ink-3">line {row.line}</td>
                  <td className="w-24 px-2">
                    <StatusWord
                      status={row.outcome === 'failed' ? 'failed' : 'stopped'}
                      word={row.outcome === 'failed' ? 'Failed' : 'Skipped'}
                      className="text-xs"
                    />
                  </td>
                  <td className="px-2 py-2">{row.reason}</td>
                  <td className="max-w-64 truncate px-4 text-xs text-ink-3">{row.raw.join(' · ')}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}
