'use client';
import { Button } from '@/components/ui/button';
import { Confirm } from '@/components/ui/dialog';
import { Notice } from '@/components/ui/states';
import { toast, toastError } from '@/components/ui/toast';
import { fullTime, when } from '@/lib/format';

import { useActOnCampaign } from '../api/act-on-campaign';
import type { Campaign } from '../api/list-campaigns';

/** A campaign that stood still for longer than its grace asks a person whether it should still go on. */
export function LateNotice({ campaign, canWrite }: { campaign: Campaign; canWrite: boolean }) {
  const act = useActOnCampaign();
  if (!campaign.is_late || campaign.status !== 'paused') return null;
  const run = async (action: 'start' | 'archive') => {
    try {
      await act.mutateAsync({ id: campaign.id, action, confirmLate: action === 'start' });
      toast(action === 'start' ? `${campaign.name} goes on` : `${campaign.name} is archived`);
    } catch (error) {
      toastError(error);
      throw error;
    }
  };
  return (
    <Notice
      tone="held"
      className="mb-4"
      title="This campaign is late. Should it still go on?"
      action={
        canWrite && (
          <span className="flex shrink-0 flex-wrap justify-end gap-2">
            <Confirm
              trigger={<Button size="sm">Archive</Button>}
              title={`Archive ${campaign.name}?`}
              description="Nothing more is sent. Its figures and its messages stay."
              action="Archive"
              onConfirm={() => run('archive')}
            />
            <Confirm
              trigger={
                <Button size="sm" variant="primary">
                  Go on
                </Button>
              }
              title={`Let ${campaign.name} go on?`}
              description="What was due meanwhile is sent from now on, within its hours, caps and gaps. Nothing leaves all at once."
              action="Go on"
              onConfirm={() => run('start')}
            />
          </span>
        )
      }
    >
      {campaign.status_reason ?? 'It has been paused for long.'}
      {campaign.paused_at && (
        <span title={fullTime(campaign.paused_at)}> Paused since {when(campaign.paused_at)}.</span>
      )}
    </Notice>
  );
}
