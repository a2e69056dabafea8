'use client';
import { CircleAlert, CircleCheck, CircleDashed, type LucideIcon } from 'lucide-react';
import Link from 'next/link';
import { useMemo } from 'react';

import { Page } from '@/components/layout/page';
import { Button } from '@/components/ui/button';
import { ErrorState, Notice, SkeletonRows } from '@/components/ui/states';
import { StatusWord } from '@/components/ui/status';
import { TabPanel, Tabs } from '@/components/ui/tabs';
import { useCheck, type Check } from '@/features/campaigns/api/check-campaign';
import { useCampaign } from '@/features/campaigns/api/get-campaign';
import type { Campaign } from '@/features/campaigns/api/list-campaigns';
import { CampaignMenu } from '@/features/campaigns/components/campaign-menu';
import { CampaignName } from '@/features/campaigns/components/campaign-name';
import { CheckPart } from '@/features/campaigns/components/check-part';
import { SchedulePart } from '@/features/campaigns/components/schedule-part';
import { useMailboxes } from '@/features/email_accounts/api/list-mailboxes';
import { MailboxPicker } from '@/features/email_accounts/components/mailbox-picker';
import { useMe } from '@/features/identity/api/get-me';
import { useRouteParam } from '@/hooks/use-route-param';
import { useUrlState } from '@/hooks/use-url-state';
import { can } from '@/lib/can';
import { paths } from '@/lib/paths';

import { PeoplePart } from './people-part';
import { WordsPart } from './words-part';

const PARTS = ['words', 'people', 'schedule', 'check'] as const;
type Part = (typeof PARTS)[number];

export function CampaignEditView() {
  const id = useRouteParam(2);
  if (!id) return <EditFrame />;
  return <LoadedEdit key={id} id={id} />;
}

function EditFrame() {
  return (
    <Page title="Edit campaign" crumbs={[{ label: 'Campaigns', href: paths.campaigns }]}>
      <SkeletonRows rows={8} className="rounded-lg border bg-panel" />
    </Page>
  );
}

function LoadedEdit({ id }: { id: string }) {
  const campaign = useCampaign(id);
  if (campaign.isPending) return <EditFrame />;
  if (campaign.isLoadingError)
    return (
      <Page title="Edit campaign" crumbs={[{ label: 'Campaigns', href: paths.campaigns }]}>
        <ErrorState
          error={campaign.error}
          onRetry={() => void campaign.refetch()}
          thing={{ name: 'campaign', back: { href: paths.campaigns, label: 'All campaigns' } }}
        />
      </Page>
    );
  return <Editor campaign={campaign.data} />;
}

type PartState = 'ready' | 'open' | 'trouble';

const SIGNS: Record<PartState, { icon: LucideIcon; className: string; word: string }> = {
  ready: { icon: CircleCheck, className: 'text-replied', word: 'ready' },
  open: { icon: CircleDashed, className: 'text-ink-3', word: 'not done' },
  trouble: { icon: CircleAlert, className: 'text-bounced', word: 'to fix' },
};

/** Each part's own state: by what the check found there, else by whether anything is there. */
function partStates(campaign: Campaign, check: Check | undefined): Record<Part, PartState> {
  const blocked = (pattern: RegExp) =>
    check?.findings.some((one) => one.severity === 'blocks' && pattern.test(one.pointer)) ?? false;
  const state = (done: boolean, pattern: RegExp): PartState =>
    !done ? 'open' : blocked(pattern) ? 'trouble' : 'ready';
  return {
    words: state(campaign.steps > 0, /^\/(sequences|fields)/),
    people: state(campaign.progress.total > 0, /^\/(leads|enrollments)/),
    schedule: state(campaign.email_account_ids.length > 0, /^\/(email_account|send_schedule)/),
    check: check ? (check.can_start ? 'ready' : 'trouble') : 'open',
  };
}

function Editor({ campaign }: { campaign: Campaign }) {
  const { data: me } = useMe();
  const [raw, setPart] = useUrlState('part', 'words');
  const part = PARTS.find((one) => one === raw) ?? 'words';
  const check = useCheck(campaign.id);
  const mailboxes = useMailboxes();
  const writes = can(me, 'campaigns:write') && campaign.status !== 'archived';
  const names = useMemo(
    () => new Map((mailboxes.data ?? []).map((box) => [box.id, box.email_address])),
    [mailboxes.data],
  );
  const states = partStates(campaign, check.data);
  // A table scrolls inside the page; the other parts scroll with it.
  const fills = part === 'people' && campaign.progress.total > 0;
  const label = (one: Part, word: string) => {
    const { icon: Icon, className, word: said } = SIGNS[states[one]];
    return (
      <>
        <Icon className={`size-3.5 ${className}`} aria-label={said} />
        {word}
      </>
    );
  };
  return (
    <Page
      title={campaign.name}
      heading={
        <span className="flex min-w-0 items-center gap-3">
          <CampaignName campaign={campaign} readOnly={!writes} />
          <StatusWord status={campaign.status} className="text-sm max-sm:[&>span]:sr-only" />
        </span>
      }
      crumbs={[{ label: 'Campaigns', href: paths.campaigns }]}
      actions={
        <>
          {campaign.status !== 'draft' && (
            <Button asChild className="max-sm:hidden">
              <Link href={paths.campaign(campaign.id)}>Figures</Link>
            </Button>
          )}
          {part !== 'check' && writes && (
            <Button variant="primary" onClick={() => setPart('check')}>
              Check
            </Button>
          )}
          {writes && <CampaignMenu campaign={campaign} />}
        </>
      }
      fill={fills}
      className={fills ? 'mx-auto w-full max-w-[1360px]' : undefined}
    >
      {campaign.status === 'active' && (
        <Notice tone="sending" className="mb-3">
          This campaign is running. What you change applies to messages that have not gone out yet.
        </Notice>
      )}
      <Tabs<Part>
        label="Parts of the campaign"
        className={fills ? 'min-h-0 flex-1' : undefined}
        value={part}
        onValueChange={setPart}
        items={[
          { value: 'words', label: label('words', 'Words'), count: campaign.steps },
          { value: 'people', label: label('people', 'People'), count: campaign.progress.total },
          { value: 'schedule', label: label('schedule', 'Mailboxes & schedule') },
          { value: 'check', label: label('check', 'Check') },
        ]}
      >
        <TabPanel value="words" className="pt-4">
          <WordsPart campaign={campaign.id} readOnly={!writes} ownAddress={me?.user.email ?? ''} />
        </TabPanel>
        <TabPanel value="people" className="flex min-h-0 flex-1 flex-col pt-4">
          <PeoplePart campaign={campaign} canWrite={writes} mailboxes={names} />
        </TabPanel>
        <TabPanel value="schedule" className="pt-4">
          <SchedulePart
            campaign={campaign}
            mailboxes={mailboxes.data ?? []}
            readOnly={!writes}
            renderMailboxes={(chosen, onChange, aside) => (
              <MailboxPicker chosen={chosen} onChange={onChange} readOnly={!writes} aside={aside} />
            )}
          />
        </TabPanel>
        <TabPanel value="check" className="pt-4">
          <CheckPart campaign={campaign} mailboxes={names} canWrite={writes} />
        </TabPanel>
      </Tabs>
    </Page>
  );
}
