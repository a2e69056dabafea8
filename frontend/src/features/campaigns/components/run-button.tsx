'use client';
import { Pause, Play } from 'lucide-react';
import Link from 'next/link';

import { Button } from '@/components/ui/button';
import { toast, toastError } from '@/components/ui/toast';
import { paths } from '@/lib/paths';

import { useActOnCampaign } from '../api/act-on-campaign';
import type { Campaign } from '../api/list-campaigns';

/** The one thing to do with it now: check and start, pause, or check and resume. */
export function RunButton({ campaign }: { campaign: Campaign }) {
  const act = useActOnCampaign();
  if (campaign.status === 'active')
    return (
      <Button
        aria-label="Pause"
        loading={act.isPending}
        onClick={() =>
          act.mutate(
            { id: campaign.id, action: 'pause' },
            {
              onSuccess: () => toast('Paused', { description: 'Nothing new starts from now on.' }),
              onError: toastError,
            },
          )
        }
      >
        <Pause aria-hidden /> <span className="max-sm:hidden">Pause</span>
      </Button>
    );
  if (campaign.status !== 'draft' && campaign.status !== 'paused') return null;
  // The page asks whether it should still go on; one place to answer is enough.
  if (campaign.status === 'paused' && campaign.is_late) return null;
  return (
    <Button variant="primary" asChild>
      <Link href={paths.campaignEdit(campaign.id, 'check')}>
        <Play aria-hidden />{' '}
        {campaign.status === 'draft' ? (
          <>
            <span className="max-sm:hidden">Check and</span> start
          </>
        ) : (
          'Resume'
        )}
      </Link>
    </Button>
  );
}
