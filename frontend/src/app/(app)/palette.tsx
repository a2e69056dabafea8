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
} from 'lucide-react';
import { useTheme } from 'next-themes';
import { useRouter } from 'next/navigation';
import { useState } from 'react';

import { CommandPalette, type PaletteGroup, type PaletteItem } from '@/components/ui/command-palette';
import { statusOf } from '@/components/ui/status';
import { useCampaigns } from '@/features/campaigns/api/list-campaigns';
import type { Me } from '@/features/identity/api/get-me';
import { useLeads } from '@/features/leads/api/list-leads';
import { useDebounced } from '@/hooks/use-debounced';
import { signOut } from '@/lib/auth';
import { can } from '@/lib/can';
import { fullName } from '@/lib/format';
import { paths } from '@/lib/paths';

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
  const q = useDebounced(text.trim(), 200);
  const campaigns = useCampaigns(q ? { q } : {}, { enabled: open, limit: 8 });
  const leads = useLeads({ q }, { enabled: open && q.length >= 2 && can(me, 'leads:read'), limit: 6 });
  const go = (path: string) => () => router.push(path);
  const pages: PaletteItem[] = [
    { id: 'today', label: 'Today', icon: House, hint: 'g t', run: go(paths.today) },
    { id: 'campaigns', label: 'Campaigns', icon: Send, hint: 'g c', run: go(paths.campaigns) },
    { id: 'inbox', label: 'Inbox', icon: Inbox, hint: 'g i', run: go(paths.inbox) },
    { id: 'leads', label: 'Leads', icon: Users, hint: 'g l', run: go(paths.leads) },
    { id: 'mailboxes', label: 'Mailboxes', icon: Mail, hint: 'g m', run: go(paths.mailboxes) },
    { id: 'analytics', label: 'Analytics', icon: ChartColumn, hint: 'g a', run: go(paths.analytics) },
    { id: 'settings', label: 'Settings', icon: Settings, hint: 'g s', run: go(paths.settings) },
  ];
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
    { id: 'out', label: 'Sign out', icon: LogOut, run: () => void signOut() },
  ];
  const groups: PaletteGroup[] = [
    { heading: 'Go to', items: pages },
    { heading: 'Do', items: actions.filter((item) => item !== false) },
    {
      heading: 'Campaigns',
      items: (campaigns.data?.pages[0]?.items ?? []).map((campaign) => ({
        id: campaign.id,
        label: campaign.name,
        icon: Send,
        hint: statusOf(campaign.status).word,
        run: go(paths.campaign(campaign.id)),
      })),
    },
    {
      heading: 'Leads',
      items: (q.length >= 2 ? (leads.data?.pages[0]?.items ?? []) : []).map((lead) => ({
        id: lead.id,
        label: fullName(lead) || lead.email,
        icon: Users,
        hint: lead.email,
        keywords: [q, lead.email, lead.company],
        run: go(paths.lead(lead.id)),
      })),
    },
  ];
  return <CommandPalette open={open} onOpenChange={onOpenChange} groups={groups} onSearch={setText} />;
}
