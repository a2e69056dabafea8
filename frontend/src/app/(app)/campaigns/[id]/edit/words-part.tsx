'use client';
import { useMemo } from 'react';

import { PreviewPanel } from '@/features/campaigns/components/preview-panel';
import { useLeads } from '@/features/leads/api/list-leads';
import { SequenceEditor } from '@/features/sequences/components/sequence-editor';
import { fullName } from '@/lib/format';

/** Steps and words, with the preview through the eyes of the people of this campaign. */
export function WordsPart({
  campaign,
  readOnly,
  ownAddress,
}: {
  campaign: string;
  readOnly: boolean;
  ownAddress: string;
}) {
  const { rows: sample } = useLeads({ campaign_id: campaign }, { limit: 50 });
  const customFields = useMemo(
    () => [...new Set(sample.flatMap((lead) => Object.keys(lead.custom_fields)))].sort(),
    [sample],
  );
  const people = sample.map((lead) => ({ id: lead.id, label: fullName(lead) || lead.email }));
  return (
    <SequenceEditor
      campaign={campaign}
      customFields={customFields}
      readOnly={readOnly}
      renderPreview={(draft) => (
        <PreviewPanel
          campaign={campaign}
          step={draft.step}
          variant={draft.variant}
          subject={draft.subject}
          body={draft.body}
          people={people}
          ownAddress={ownAddress}
          canSend={!readOnly}
        />
      )}
    />
  );
}
