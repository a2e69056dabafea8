'use client';
import { Upload, UserPlus, Users } from 'lucide-react';
import Link from 'next/link';
import { useState } from 'react';

import { Button } from '@/components/ui/button';
import { Dialog, DrawerContent } from '@/components/ui/dialog';
import { EmptyState } from '@/components/ui/states';
import { toast, toastError } from '@/components/ui/toast';
import { useEnrollLeads } from '@/features/campaigns/api/enroll-leads';
import type { Campaign } from '@/features/campaigns/api/list-campaigns';
import { PeopleTable } from '@/features/campaigns/components/people-table';
import { LeadPicker } from '@/features/leads/components/lead-picker';
import { plural } from '@/lib/format';
import { paths } from '@/lib/paths';

/** Who is written to: imported here, or picked from Leads. */
export function PeoplePart({
  campaign,
  canWrite,
  mailboxes,
}: {
  campaign: Campaign;
  canWrite: boolean;
  mailboxes: ReadonlyMap<string, string>;
}) {
  const [picking, setPicking] = useState(false);
  const enroll = useEnrollLeads(campaign.id);
  async function add(body: { lead_ids: string[] } | { all_leads: true }): Promise<void> {
    try {
      const { enrolled, already, skipped } = await enroll.mutateAsync(body);
      const rest = [
        already > 0 && `${already} were in it already`,
        skipped > 0 && `${skipped} must not be written to`,
      ].filter(Boolean);
      toast.success(`${plural(enrolled, 'person', 'people')} added`, { description: rest.join(', ') });
      setPicking(false);
    } catch (error) {
      toastError(error);
    }
  }
  const buttons = canWrite && (
    <>
      <Button asChild variant={campaign.progress.total ? 'secondary' : 'primary'}>
        <Link href={paths.leadsImport(campaign.id)}>
          <Upload aria-hidden /> Import a file
        </Link>
      </Button>
      <Button onClick={() => setPicking(true)}>
        <UserPlus aria-hidden /> Pick from Leads
      </Button>
    </>
  );
  return (
    <>
      {campaign.progress.total === 0 ? (
        <div className="rounded-lg border bg-panel">
          <EmptyState icon={Users} title="Nobody yet" action={buttons}>
            Import a CSV file, or pick people you have already. Every address is verified before anything is
            sent to it.
          </EmptyState>
        </div>
      ) : (
        <PeopleTable
          campaign={campaign.id}
          progress={campaign.progress}
          canWrite={canWrite}
          mailboxes={mailboxes}
          actions={buttons}
        />
      )}
      <Dialog open={picking} onOpenChange={setPicking}>
        <DrawerContent title="Pick people" description="Those already in the campaign are left as they are.">
          <LeadPicker
            busy={enroll.isPending}
            onPick={(ids) => void add({ lead_ids: ids })}
            onAll={() => void add({ all_leads: true })}
          />
        </DrawerContent>
      </Dialog>
    </>
  );
}
