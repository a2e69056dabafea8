import type { ShortcutGroup } from '@/components/ui/keyboard-help';

export const SHORTCUTS: readonly ShortcutGroup[] = [
  {
    heading: 'Go to',
    shortcuts: [
      { keys: 'g t', does: 'Today' },
      { keys: 'g c', does: 'Campaigns' },
      { keys: 'g i', does: 'Inbox' },
      { keys: 'g l', does: 'Leads' },
      { keys: 'g m', does: 'Mailboxes' },
      { keys: 'g a', does: 'Analytics' },
      { keys: 'g s', does: 'Settings' },
    ],
  },
  {
    heading: 'Everywhere',
    shortcuts: [
      { keys: '⌘ K', does: 'Search and commands' },
      { keys: '/', does: 'Search in this list' },
      { keys: 'j', does: 'Next row' },
      { keys: 'k', does: 'Previous row' },
      { keys: 'Enter', does: 'Open the row' },
      { keys: 'e', does: 'Edit' },
      { keys: '?', does: 'All keys' },
    ],
  },
];
