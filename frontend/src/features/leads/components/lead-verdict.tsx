import { StatusWord } from '@/components/ui/status';

import { doNotContact, suppressionReason } from '@/lib/do-not-contact';

import type { Lead } from '../api/list-leads';

/** What is known of the address, unless nobody may write there anyhow. */
export function LeadVerdict({ lead }: { lead: Pick<Lead, 'suppressed' | 'verification'> }) {
  return lead.suppressed ? (
    <span title={doNotContact(lead.suppressed)}>
      <StatusWord status="unsubscribed" word="Do not contact" />
      <span className="block truncate text-xs text-ink-2">{suppressionReason(lead.suppressed)}</span>
    </span>
  ) : (
    <StatusWord status={lead.verification} />
  );
}
