import type { Metadata } from 'next';

import { InboxView } from './view';

export const metadata: Metadata = { title: 'Inbox · Reachly' };

export default function InboxPage() {
  return <InboxView />;
}
