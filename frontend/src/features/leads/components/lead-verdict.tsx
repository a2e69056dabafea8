import { StatusWord } from '@/components/ui/status';
import { SuppressedWord } from '@/components/ui/suppressed';

import type { Lead } from '../api/list-leads';

/** What is known of the address, unless nobody may write there anyhow. */
export function LeadVerdict({ lead }: { lead: Pick<Lead, 'suppression' | 'verification'> }) {
  return lead.suppression ? (
    <SuppressedWord suppression={lead.suppression} />
  ) : (
    <StatusWord status={lead.verification} />
  );
}
