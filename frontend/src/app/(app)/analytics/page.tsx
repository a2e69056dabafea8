import type { Metadata } from 'next';

import { AnalyticsView } from './view';

export const metadata: Metadata = { title: 'Analytics · Reachly' };

export default function AnalyticsPage() {
  return <AnalyticsView />;
}
