import type { Metadata } from 'next';

import { CampaignEditView } from './view';

export const metadata: Metadata = { title: 'Edit campaign · Reachly' };

export default function CampaignEditPage() {
  return <CampaignEditView />;
}
