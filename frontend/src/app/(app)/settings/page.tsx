import type { Metadata } from 'next';

import { SettingsView } from './view';

export const metadata: Metadata = { title: 'Settings · Reachly' };

export default function SettingsPage() {
  return <SettingsView />;
}
