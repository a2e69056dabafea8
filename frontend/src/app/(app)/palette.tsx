'use client';
import {
  ChartColumn,
  House,
  Inbox,
  Keyboard,
  LogOut,
  Mail,
  Moon,
  Plus,
  Send,
  Settings,
  Sun,
  Upload,
  Users,
  type LucideIcon,
} from 'lucide-react';
import { useTheme } from 'next-themes';
import { useRouter } from 'next/navigation';
import { useState } from 'react';

import { CommandPalette } from '@/components/ui/command-palette';
import type { PaletteGroup, PaletteItem } from '@/components/ui/palette-order';
import type { Me } from '@/features/identity/api/get-me';
import { useSearch } from '@/features/search/api/search';
import { useDebounced } from '@/hooks/use-debounced';
import { signOut } from '@/lib/auth';
import { can } from '@/lib/can';
import type { Schema } from '@/lib/client';
import { paths } from '@/lib/paths';
import { beforeLeaving } from '@/lib/unsaved';

import { partsFor } from './settings/parts';

interface PaletteProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  me: Me;
  onHelp: () => void;
}

export function Palette({ open, onOpenChange, me, onHelp }: PaletteProps) {
  const router = useRouter();
  const { resolvedTheme, setTheme } = useTheme();
  const [text, setText] = useState('');
  const asked = text.trim();
  const q = useDebounced(asked, 150);
  const found = useSearch(q, open);
  const waiting =
    asked !== '' && !found.isError && !(q === asked && found.data !== undefined && !found.isPlaceholderData);
  const go = (path: string) => () => beforeLeaving(() => router.push(path));
  const pages: PaletteItem[] = [
    { id: 'today', label: 'Today', icon: House, hint: 'g t', run: go(paths.today) },
    { id: 'campaigns', label: 'Campaigns', icon: Send, hint: 'g c', run: go(paths.campaigns) },
    { id: 'inbox', label: 'Inbox', icon: Inbox, hint: 'g i', run: go(paths.inbox) },
    { id: 'leads', label: 'Leads', icon: Users, hint: 'g l', run: go(paths.leads) },
    { id: 'mailboxes', label: 'Mailboxes', icon: Mail, hint: 'g m', run: go(paths.mailboxes) },
    { id: 'analytics', label: 'Analytics', icon: ChartColumn, hint: 'g a', run: go(paths.analytics) },
    { id: 'settings', label: 'Settings', icon: Settings, hint: 'g s', run: go(paths.settings) },
  ];
  const parts: PaletteItem[] = partsFor(me).map((part) => ({
    id: `settings-${part.value}`,
    label: part.label,
    icon: Settings,
    hint: 'Settings',
    ...('keywords' in part ? { keywords: [...part.keywords] } : {}),
    run: go(paths.settingsPart(part.value)),
  }));
  const dark = resolvedTheme === 'dark';
  const actions: (PaletteItem | false)[] = [
    can(me, 'campaigns:write') && {
      id: 'new-campaign',
      label: 'New campaign',
      icon: Plus,
      run: go(`${paths.campaigns}?new=1`),
    },
    can(me, 'leads:import') && {
      id: 'import',
      label: 'Import leads',
      icon: Upload,
      keywords: ['csv', 'upload'],
      run: go(paths.leadsImport()),
    },
    can(me, 'accounts:write') && {
      id: 'connect',
      label: 'Connect a mailbox',
      icon: Mail,
      keywords: ['smtp', 'imap', 'account'],
      run: go(paths.mailboxConnect),
    },
    {
      id: 'theme',
      label: dark ? 'Light theme' : 'Dark theme',
      icon: dark ? Sun : Moon,
      keywords: ['mode', 'colour'],
      run: () => setTheme(dark ? 'light' : 'dark'),
    },
    { id: 'keys', label: 'Keyboard', icon: Keyboard, hint: '?', run: onHelp },
    { id: 'out', label: 'Sign out', icon: LogOut, run: () => beforeLeaving(() => void signOut()) },
  ];
  // What the server found is shown whatever the words: it may have matched on a field not seen here.
  const hits = (
    list: readonly Schema<'SearchHit'>[] | undefined,
    icon: LucideIcon,
    pathOf: (id: string) => string,
  ): PaletteItem[] =>
    (q ? (list ?? []) : []).map((hit) => ({
      id: hit.id,
      label: hit.title,
      hint: hit.detail,
      icon,
      run: go(pathOf(hit.id)),
    }));
  const groups: PaletteGroup[] = [
    { heading: 'Go to', items: pages },
    { heading: 'Do', items: actions.filter((item) => item !== false) },
    { heading: 'Settings', items: parts },
    { heading: 'Leads', found: true, items: hits(found.data?.leads, Users, paths.lead) },
    { heading: 'Campaigns', found: true, items: hits(found.data?.campaigns, Send, paths.campaign) },
    { heading: 'Mailboxes', found: true, items: hits(found.data?.email_accounts, Mail, paths.mailbox) },
  ];
  return (
    <CommandPalette
      open={open}
      onOpenChange={onOpenChange}
      groups={groups}
      text={text}
      onText={setText}
      waiting={waiting}
      note={found.isError ? 'The search does not answer now.' : undefined}
    />
  );
}
