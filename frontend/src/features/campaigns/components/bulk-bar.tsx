'use client';
import { Archive, Pause, X } from 'lucide-react';

import { Button } from '@/components/ui/button';
import { Confirm } from '@/components/ui/dialog';
import { toast, toastError } from '@/components/ui/toast';
import { plural } from '@/lib/format';

import { useActOnCampaign } from '../api/act-on-campaign';
import type { Campaign } from '../api/list-campaigns';

export function CampaignBulkBar({ chosen, onClear }: { chosen: readonly Campaign[]; onClear: () => void }) {
  const act = useActOnCampaign();
  const running = chosen.filter((one) => one.status === 'active');
  const archivable = chosen.filter((one) => one.status === 'paused' || one.status === 'completed');
  async function all(which: readonly Campaign[], action: 'pause' | 'archive'): Promise<void> {
    const results = await Promise.allSettled(which.map(({ id }) => act.mutateAsync({ id, action })));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) toastError(failed.reason);
    const done = results.filter((result) => result.status === 'fulfilled').length;
    if (done) toast(`${plural(done, 'campaign')} ${action === 'pause' ? 'paused' : 'archived'}`);
    onClear();
  }
  return (
    <div className="flex items-center gap-2">
      <span className="text-ink-2">{chosen.length} selected</span>
      <Button size="sm" disabled={running.length === 0} onClick={() => void all(running, 'pause')}>
        <Pause aria-hidden /> Pause
      </Button>
      <Confirm
        trigger={
          <Button size="sm" disabled={archivable.length === 0}>
            <Archive aria-hidden /> Archive
          </Button>
        }
        title={`Archive ${plural(archivable.length, 'campaign')}?`}
        description="Nothing more is sent from them. Their figures and ledgers stay."
        action="Archive"
        onConfirm={() => all(archivable, 'archive')}
      />
      <Button variant="ghost" size="icon-sm" aria-label="Clear the selection" onClick={onClear}>
        <X aria-hidden />
      </Button>
    </div>
  );
}
