'use client';
import { CircleCheck, OctagonAlert, Play, TriangleAlert } from 'lucide-react';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useState } from 'react';

import { Button } from '@/components/ui/button';
import { Panel } from '@/components/ui/card';
import { Confirm } from '@/components/ui/dialog';
import { ErrorState, SkeletonRows } from '@/components/ui/states';
import { toast, toastError } from '@/components/ui/toast';
import { cn } from '@/lib/cn';
import { count, plural } from '@/lib/format';
import { paths, withQuery } from '@/lib/paths';
import { ApiError } from '@/lib/problem';

import { useActOnCampaign } from '../api/act-on-campaign';
import { useCheck, type Finding } from '../api/check-campaign';
import type { Campaign } from '../api/list-campaigns';
import { readSchedule } from '../model';
import { PlanCalendar } from './plan-calendar';

/** Where a finding is mended, by the pointer the API gives. */
export function placeOf(finding: Finding, campaign: string): { href: string; label: string } | null {
  const { pointer } = finding;
  if (pointer.startsWith('/organization'))
    return { href: paths.settingsPart('organization'), label: 'Open settings' };
  if (pointer.startsWith('/sequences') || pointer.startsWith('/fields'))
    return {
      href: withQuery(paths.campaignEdit(campaign, 'words'), { step: finding.step }),
      label: finding.step ? `Open step ${finding.step}` : 'Open words',
    };
  if (pointer.startsWith('/email_account') || pointer.startsWith('/send_schedule'))
    return { href: paths.campaignEdit(campaign, 'schedule'), label: 'Open schedule' };
  if (pointer.startsWith('/leads') || pointer.startsWith('/enrollments'))
    return { href: paths.campaignEdit(campaign, 'people'), label: 'Open people' };
  return null;
}

/** `2 things to fix, 1 warning`. */
function said(findings: readonly Finding[]): string {
  const of = (severity: Finding['severity']) => findings.filter((one) => one.severity === severity).length;
  const blocks = of('blocks');
  const warns = of('warns');
  return [blocks > 0 && `${plural(blocks, 'thing')} to fix`, warns > 0 && plural(warns, 'warning')]
    .filter(Boolean)
    .join(', ');
}

/** Everything that would embarrass, at its line; then the calendar; then Start. */
export function CheckPart({
  campaign,
  mailboxes,
  canWrite,
}: {
  campaign: Campaign;
  mailboxes: ReadonlyMap<string, string>;
  canWrite: boolean;
}) {
  const check = useCheck(campaign.id);
  if (check.isPending) return <SkeletonRows rows={5} className="rounded-lg border bg-panel" />;
  if (check.isError) return <ErrorState error={check.error} onRetry={() => void check.refetch()} />;
  const { findings, leads, mailable, can_start } = check.data;
  return (
    <div className="space-y-4">
      <Panel
        title={findings.length === 0 ? 'Ready' : said(findings)}
        description={`${count(mailable)} of ${plural(leads, 'person', 'people')} can be written to`}
        action={
          <Button variant="ghost" size="sm" loading={check.isFetching} onClick={() => void check.refetch()}>
            Check again
          </Button>
        }
        bodyClassName="p-0"
      >
        {findings.length === 0 ? (
          <p className="flex items-center gap-2 p-4 text-replied">
            <CircleCheck className="size-4" aria-hidden /> Words, people, mailboxes and hours are all right.
          </p>
        ) : (
          <ul className="divide-y">
            {findings.map((finding) => (
              <FindingLine
                key={`${finding.code}${finding.pointer}${finding.detail}`}
                {...{ finding }}
                campaign={campaign.id}
              />
            ))}
          </ul>
        )}
      </Panel>
      <Panel
        title="The plan"
        description="If nobody replies. Every reply takes that person's follow-ups out."
      >
        <PlanCalendar
          campaign={campaign.id}
          zone={readSchedule(campaign.send_schedule).timezone}
          mailboxes={mailboxes}
        />
      </Panel>
      {canWrite && <StartBar campaign={campaign} canStart={can_start} mailable={mailable} />}
    </div>
  );
}

function FindingLine({ finding, campaign }: { finding: Finding; campaign: string }) {
  const blocks = finding.severity === 'blocks';
  const Icon = blocks ? OctagonAlert : TriangleAlert;
  const place = placeOf(finding, campaign);
  return (
    <li className="flex items-start gap-3 px-4 py-2.5">
      <Icon className={cn('mt-0.5 size-4 shrink-0', blocks ? 'text-bounced' : 'text-held')} aria-hidden />
      <div className="min-w-0 flex-1">
        <p>
          <span className="sr-only">{blocks ? 'Stops the start: ' : 'Warning: '}</span>
          {finding.detail}
        </p>
        {finding.examples.length > 0 && (
          <p className="truncate text-xs text-ink-3">for example {finding.examples.join(', ')}</p>
        )}
      </div>
      {place && (
        <Button size="sm" asChild>
          <Link href={place.href}>{place.label}</Link>
        </Button>
      )}
    </li>
  );
}

function StartBar({
  campaign,
  canStart,
  mailable,
}: {
  campaign: Campaign;
  canStart: boolean;
  mailable: number;
}) {
  const router = useRouter();
  const act = useActOnCampaign();
  const [late, setLate] = useState<string | null>(null);
  if (campaign.status !== 'draft' && campaign.status !== 'paused') return null;
  const verb = campaign.status === 'draft' ? 'Start' : 'Resume';
  async function start(confirmLate = false): Promise<void> {
    try {
      await act.mutateAsync({ id: campaign.id, action: 'start', confirmLate });
      toast.success(`${campaign.name} is running`);
      router.push(paths.campaign(campaign.id));
    } catch (error) {
      if (error instanceof ApiError && error.code === 'late') setLate(error.detail);
      else toastError(error);
    }
  }
  return (
    <div className="sticky bottom-0 flex flex-wrap items-center justify-end gap-3 border-t bg-canvas py-3">
      <span className="text-ink-2">
        {canStart
          ? `${verb}: ${plural(mailable, 'person', 'people')} can be written to, each when due, within the hours and caps above.`
          : 'Fix what is marked red first.'}
      </span>
      <Confirm
        trigger={
          <Button variant="primary" size="lg" disabled={!canStart} loading={act.isPending}>
            <Play aria-hidden /> {verb}
          </Button>
        }
        title={`${verb} ${campaign.name}?`}
        description={`Real messages go out: ${plural(mailable, 'person', 'people')} can be written to, each when due. You can pause at any moment.`}
        action={verb}
        onConfirm={() => start()}
      />
      <Confirm
        open={late !== null}
        onOpenChange={(open) => !open && setLate(null)}
        title="It was paused for long"
        description={late ?? ''}
        action={`${verb} all the same`}
        onConfirm={() => start(true)}
      />
    </div>
  );
}
