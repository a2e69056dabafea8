'use client';
import { Keyboard, LogOut, Monitor, Moon, Settings, Sun } from 'lucide-react';
import { useTheme } from 'next-themes';
import { useRouter } from 'next/navigation';

import { Button } from '@/components/ui/button';
import { Menu, MenuItem, MenuLabel, MenuSeparator } from '@/components/ui/menu';
import { signOut } from '@/lib/auth';
import { paths } from '@/lib/paths';
import { beforeLeaving } from '@/lib/unsaved';

import type { Me } from '../api/get-me';

export function initials(me: Me): string {
  const words = (me.user.name || me.user.email.split('@')[0] || '?').split(/[\s._-]+/);
  return words
    .slice(0, 2)
    .map((word) => word[0] ?? '')
    .join('')
    .toUpperCase();
}

export function UserMenu({ me, onKeyboard }: { me: Me; onKeyboard: () => void }) {
  const router = useRouter();
  const { theme, setTheme } = useTheme();
  const themes = [
    { id: 'light', label: 'Light', icon: Sun },
    { id: 'dark', label: 'Dark', icon: Moon },
    { id: 'system', label: 'As the system', icon: Monitor },
  ];
  return (
    <Menu
      trigger={
        <Button variant="ghost" size="icon" aria-label={`${initials(me)}: account of ${me.user.email}`}>
          <span className="flex size-7 items-center justify-center rounded-full bg-accent-soft text-2xs font-semibold text-accent">
            {initials(me)}
          </span>
        </Button>
      }
    >
      <MenuLabel>
        <span className="block text-sm font-medium text-ink">{me.user.name || me.user.email}</span>
        {me.user.name && <span className="block">{me.user.email}</span>}
      </MenuLabel>
      <MenuSeparator />
      <MenuItem onSelect={() => beforeLeaving(() => router.push(paths.settings))}>
        <Settings aria-hidden /> Settings
      </MenuItem>
      <MenuItem onSelect={onKeyboard}>
        <Keyboard aria-hidden /> Keyboard
      </MenuItem>
      <MenuSeparator />
      {themes.map(({ id, label, icon: Icon }) => (
        <MenuItem key={id} onSelect={() => setTheme(id)} aria-current={theme === id ? 'true' : undefined}>
          <Icon aria-hidden />
          <span className="flex-1">{label}</span>
          {theme === id && <span className="text-xs text-accent">on</span>}
        </MenuItem>
      ))}
      <MenuSeparator />
      <MenuItem onSelect={() => beforeLeaving(() => void signOut())}>
        <LogOut aria-hidden /> Sign out
      </MenuItem>
    </Menu>
  );
}
