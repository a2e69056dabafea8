import type { Metadata } from 'next';

import { MailboxesView } from './view';

export const metadata: Metadata = { title: 'Mailboxes · Reachly' };

export default function MailboxesPage() {
  return <MailboxesView />;
}
