import type { Metadata } from 'next';

import { CampaignsView } from './view';

export const metadata: Metadata = { title: 'Campaigns · Reachly' };

export default function CampaignsPage() {
  return <CampaignsView />;
}
