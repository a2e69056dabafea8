import type { Metadata } from 'next';

import { CampaignView } from './view';

export const metadata: Metadata = { title: 'Campaign · Reachly' };

export default function CampaignPage() {
  return <CampaignView />;
}
