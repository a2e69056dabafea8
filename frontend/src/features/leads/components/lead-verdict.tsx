import { StatusWord } from '@/components/ui/status';

import type { Lead } from '../api/list-leads';

/** What is known of the address, unless nobody may write there anyhow. */
export function LeadVerdict({ lead }: { lead: Pick<Lead, 'suppressed' | 'verification'> }) {
  return lead.suppressed ? (
    <StatusWord status="stopped" word="Do not contact" />
  ) : (
    <StatusWord status={lead.verification} />
  );
}
