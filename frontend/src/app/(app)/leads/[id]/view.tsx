'use client';
import { Ban, ShieldCheck, Trash2 } from 'lucide-react';
import { useRouter } from 'next/navigation';
import type { ReactNode } from 'react';

import { Page } from '@/components/layout/page';
import { Button } from '@/components/ui/button';
import { Panel } from '@/components/ui/card';
import { Confirm } from '@/components/ui/dialog';
import { ErrorState, SkeletonRows } from '@/components/ui/states';
import { StatusWord } from '@/components/ui/status';
import { toast, toastError } from '@/components/ui/toast';
import { useMe } from '@/features/identity/api/get-me';
import { useActOnLeads, useVerifyLeads } from '@/features/leads/api/act-on-leads';
import { useDeleteLead } from '@/features/leads/api/change-lead';
import { useLead } from '@/features/leads/api/get-lead';
import { LeadFacts } from '@/features/leads/components/lead-facts';
import { LeadTimeline } from '@/features/leads/components/lead-timeline';
import { verdictReason } from '@/features/leads/model';
import { DoNotContact } from '@/features/suppressions/components/do-not-contact';
import { useRouteParam } from '@/hooks/use-route-param';
import { can } from '@/lib/can';
import type { Schema } from '@/lib/client';
import { day, fullName, when } from '@/lib/format';
import { factWords } from '@/lib/fact-words';
import { paths } from '@/lib/paths';

import { LeadEnrollments } from './enrollments';

const crumbs = [{ label: 'Leads', href: paths.leads }];

export function LeadView() {
  const id = useRouteParam(2);
  if (!id) return <LeadFrame />;
  return <LoadedLead key={id} id={id} />;
}

function LeadFrame() {
  return (
    <Page title="Lead" crumbs={crumbs}>
      <SkeletonRows rows={6} className="rounded-lg border bg-panel" />
    </Page>
  );
}

function LoadedLead({ id }: { id: string }) {
  const lead = useLead(id);
  const { data: me } = useMe();
  if (lead.isPending) return <LeadFrame />;
  if (lead.isLoadingError)
    return (
      <Page title="Lead" crumbs={crumbs}>
        <ErrorState
          error={lead.error}
          onRetry={() => void lead.refetch()}
          thing={{ name: 'lead', back: { href: paths.leads, label: 'All leads' } }}
        />
      </Page>
    );
  const writes = can(me, 'leads:write');
  return <LeadBody lead={lead.data} writes={writes} />;
}

function LeadBody({ lead, writes }: { lead: Schema<'LeadDetailOut'>; writes: boolean }) {
  return (
    <Page
      title={fullName(lead) || lead.email}
      heading={
        <span className="flex min-w-0 items-center gap-3">
          <span className="truncate">{fullName(lead) || lead.email}</span>
          {lead.suppression ? (
            <StatusWord
              status="unsubscribed"
              word="Do not contact"
              className="text-sm max-sm:[&>span]:sr-only"
            />
          ) : (
            <StatusWord status={lead.verification} className="text-sm max-sm:[&>span]:sr-only" />
          )}
        </span>
      }
      crumbs={crumbs}
      actions={writes && <LeadActions lead={lead} />}
    >
      {lead.suppression && <DoNotContact suppression={lead.suppression} />}
      <div className="grid gap-4 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <div className="min-w-0 space-y-4">
          <Panel title="Details">
            <LeadFacts lead={lead} readOnly={!writes} />
          </Panel>
          <Panel title="Enrichment" bodyClassName="p-0" description="What was found out, and from where">
            <FoundOut facts={lead.facts} />
          </Panel>
        </div>
        <div className="min-w-0 space-y-4">
          <Panel title="About">
            <dl className="grid grid-cols-[8rem_1fr] gap-y-1.5">
              <About name="Address">
                <StatusWord status={lead.verification} />
                {lead.verification_reason && (
                  <span className="block text-xs text-ink-2">{verdictReason(lead.verification_reason)}</span>
                )}
              </About>
              <About name="Checked">{when(lead.verified_at)}</About>
              <About name="Source">{lead.source || '–'}</About>
              <About name="Legal basis">{lead.lawful_basis || '–'}</About>
              <About name="Added">{day(lead.created_at)}</About>
            </dl>
          </Panel>
          <Panel title="Campaigns" bodyClassName="p-0">
            <LeadEnrollments lead={lead} />
          </Panel>
          <Panel title="Timeline" bodyClassName="p-0">
            <LeadTimeline lead={lead.id} />
          </Panel>
        </div>
      </div>
    </Page>
  );
}

function About({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-ink-3">{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </>
  );
}

function FoundOut({ facts }: { facts: readonly Schema<'FactOut'>[] }) {
  if (facts.length === 0) return <p className="px-4 py-6 text-center text-ink-2">Nothing yet.</p>;
  return (
    <ul className="divide-y">
      {facts.map((fact) => (
        <li key={`${fact.name}${fact.source}`} className="flex flex-wrap items-baseline gap-x-3 px-4 py-2">
          <span className="w-32 shrink-0 text-ink-3">{fact.name.replaceAll('_', ' ')}</span>
          <span className="min-w-0 flex-1">{factWords(fact.name, fact.value)}</span>
          <span className="shrink-0 text-xs text-ink-3">
            {fact.source.replaceAll('_', ' ')}, {day(fact.observed_at)}
          </span>
        </li>
      ))}
    </ul>
  );
}

function LeadActions({ lead }: { lead: Schema<'LeadDetailOut'> }) {
  const router = useRouter();
  const verify = useVerifyLeads();
  const act = useActOnLeads();
  const remove = useDeleteLead();
  const who = fullName(lead) || lead.email;
  return (
    <>
      <Button
        loading={verify.isPending}
        aria-label="Verify the address"
        onClick={() =>
          verify.mutate([lead.id], {
            onSuccess: () => toast('The address is being checked again'),
            onError: toastError,
          })
        }
      >
        <ShieldCheck aria-hidden /> <span className="max-sm:hidden">Verify</span>
      </Button>
      {!lead.suppression && (
        <Confirm
          trigger={
            <Button aria-label="Do not contact">
              <Ban aria-hidden /> <span className="max-sm:hidden">Do not contact</span>
            </Button>
          }
          title={`Never write to ${who} again?`}
          description="Taken out of every campaign; no import brings the address back."
          action="Do not contact"
          danger
          onConfirm={() =>
            act
              .mutateAsync({ lead_ids: [lead.id], action: 'suppress' })
              .then(() => toast(`${who} is written to no more`))
              .catch((error: unknown) => {
                toastError(error);
                throw error;
              })
          }
        />
      )}
      <Confirm
        trigger={
          <Button variant="ghost" size="icon" aria-label={`Delete ${who}`}>
            <Trash2 aria-hidden />
          </Button>
        }
        title={`Delete ${who}?`}
        description="Their details are gone for good. What was sent stays counted, without the person."
        action="Delete"
        danger
        onConfirm={async () => {
          try {
            await remove.mutateAsync(lead.id);
            toast(`${who} is deleted`);
            router.push(paths.leads);
          } catch (error) {
            toastError(error);
            throw error;
          }
        }}
      />
    </>
  );
}
