import type { Metadata } from 'next';

import { TodayView } from './view';

export const metadata: Metadata = { title: 'Today · Reachly' };

export default function TodayPage() {
  return <TodayView />;
}
