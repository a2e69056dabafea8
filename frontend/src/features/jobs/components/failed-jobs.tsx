'use client';
import { CircleCheck, RotateCw } from 'lucide-react';
import Link from 'next/link';

import { Button } from '@/components/ui/button';
import { Panel } from '@/components/ui/card';
import { EmptyState, ErrorState, SkeletonRows } from '@/components/ui/states';
import { toast, toastError } from '@/components/ui/toast';
import { fullTime, plural, when } from '@/lib/format';
import { paths, withQuery } from '@/lib/paths';

import { useFailedJobs, useRetryAllJobs, useRetryJob, type FailedJob } from '../api/failed-jobs';

/** What the server gave up on, why and when; each, or all, can be tried again. */
export function FailedJobs() {
  const jobs = useFailedJobs();
  const count = jobs.data?.length ?? 0;
  return (
    <Panel
      title="Background work that failed"
      description="Tried several times, then kept here. Nothing of it is lost."
      action={count > 1 && <RetryAll count={count} />}
      bodyClassName="p-0"
    >
      {jobs.isPending ? (
        <SkeletonRows rows={3} />
      ) : jobs.isLoadingError ? (
        <ErrorState error={jobs.error} onRetry={() => void jobs.refetch()} />
      ) : count === 0 ? (
        <EmptyState icon={CircleCheck} title="Nothing failed">
          Imports, checks and plans that the server gives up on appear here, and you are notified.
        </EmptyState>
      ) : (
        <ul className="divide-y" aria-label="Failed work">
          {jobs.data.map((job) => (
            <Line key={job.id} job={job} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function RetryAll({ count }: { count: number }) {
  const all = useRetryAllJobs();
  return (
    <Button
      size="sm"
      loading={all.isPending}
      onClick={() =>
        all.mutate(undefined, {
          onSuccess: ({ retried, waiting }) =>
            toast(retried > 0 ? `${plural(retried, 'job')} tried again` : 'Nothing had to be tried again', {
              description:
                waiting > 0 ? `${plural(waiting, 'job')} left: the same work waits already.` : undefined,
            }),
          onError: toastError,
        })
      }
    >
      <RotateCw aria-hidden /> Try all {count} again
    </Button>
  );
}

function Line({ job }: { job: FailedJob }) {
  const retry = useRetryJob();
  const about = aboutOf(job.args);
  return (
    <li className="flex items-start gap-4 px-4 py-3">
      <div className="min-w-0 flex-1">
        <p className="font-medium">{job.what}</p>
        <p className="text-ink-2">
          Given up after {plural(job.attempts, 'attempt')}
          {job.error ? ': ' : '; the server left no words about why.'}
          {job.error && <span className="break-words">{job.error}</span>}
        </p>
        <p className="text-xs text-ink-3">
          <time dateTime={job.failed_at} title={fullTime(job.failed_at)}>
            {when(job.failed_at)}
          </time>
          {about && (
            <>
              {' · '}
              <Link href={about.href} prefetch={false} className="text-accent underline underline-offset-2">
                {about.words}
              </Link>
            </>
          )}
        </p>
      </div>
      <Button
        size="sm"
        className="shrink-0"
        loading={retry.isPending}
        aria-label={`Try again: ${job.what}`}
        onClick={() =>
          retry.mutate(job.id, {
            onSuccess: () => toast(`${job.what}: tried again`),
            onError: toastError,
          })
        }
      >
        <RotateCw aria-hidden /> Try again
      </Button>
    </li>
  );
}

/** What the work is about, by the ids in it; the narrowest first. */
export function aboutOf(args: Readonly<Record<string, string>>): { words: string; href: string } | null {
  if (args.import_id)
    return { words: 'the import', href: withQuery(paths.leadsImport(), { id: args.import_id }) };
  if (args.lead_id) return { words: 'the person', href: paths.lead(args.lead_id) };
  if (args.campaign_id) return { words: 'the campaign', href: paths.campaign(args.campaign_id) };
  if (args.email_account_id) return { words: 'the mailbox', href: paths.mailbox(args.email_account_id) };
  return null;
}
