import type { Metadata } from 'next';

import { LeadView } from './view';

export const metadata: Metadata = { title: 'Lead · Reachly' };

export default function LeadPage() {
  return <LeadView />;
}
