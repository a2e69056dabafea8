'use client';
import { useState } from 'react';

import { toastError } from '@/components/ui/toast';

import type { Campaign } from '../api/list-campaigns';
import { useUpdateCampaign } from '../api/update-campaign';

/** The name, changed where it stands: Enter or leaving it saves, Escape takes it back. */
export function CampaignName({ campaign, readOnly }: { campaign: Campaign; readOnly: boolean }) {
  const [typed, setTyped] = useState<string | null>(null);
  const update = useUpdateCampaign(campaign.id);
  if (readOnly) return <span className="truncate">{campaign.name}</span>;
  function save(): void {
    const name = typed?.trim();
    setTyped(null);
    if (name && name !== campaign.name) update.mutate({ name }, { onError: toastError });
  }
  return (
    <input
      aria-label="Name of the campaign"
      value={typed ?? campaign.name}
      maxLength={200}
      size={Math.min(44, Math.max(12, (typed ?? campaign.name).length + 1))}
      onChange={(event) => setTyped(event.target.value)}
      onBlur={save}
      onKeyDown={(event) => {
        if (event.key === 'Enter') event.currentTarget.blur();
        if (event.key === 'Escape') {
          setTyped(null);
          requestAnimationFrame(() => (document.activeElement as HTMLElement | null)?.blur());
        }
      }}
      className="min-w-0 [field-sizing:content] truncate rounded-sm border border-transparent bg-transparent px-1 font-semibold hover:border-line-strong"
    />
  );
}
