'use client';
import { PanelLeftClose, PanelLeftOpen, X, type LucideIcon } from 'lucide-react';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { Dialog as Radix } from 'radix-ui';
import { createContext, useContext, useMemo, useState, type ReactNode } from 'react';

import { Button } from '@/components/ui/button';
import { Tooltip } from '@/components/ui/tooltip';
import { useStored } from '@/hooks/use-stored';
import { cn } from '@/lib/cn';

import { Mark } from './mark';

export interface NavItem {
  href: string;
  label: string;
  icon: LucideIcon;
  /** A live number beside the name; `alert` when it asks for something. */
  count?: number | undefined;
  alert?: boolean;
}

interface ShellContext {
  openNav: () => void;
  openPalette: () => void;
  userMenu: ReactNode;
}

const Context = createContext<ShellContext | null>(null);

export function useShell(): ShellContext {
  const shell = useContext(Context);
  if (!shell) throw new Error('Pages stand inside the shell.');
  return shell;
}

export interface ShellProps {
  organization: string;
  nav: readonly NavItem[];
  /** The line that says what the engine does now. */
  pulse: ReactNode;
  userMenu: ReactNode;
  onPalette: () => void;
  children: ReactNode;
}

export function Shell({ organization, nav, pulse, userMenu, onPalette, children }: ShellProps) {
  const [folded, setFolded] = useStored('nav', 'open');
  const [drawer, setDrawer] = useState(false);
  const narrow = folded === 'folded';
  const context = useMemo(
    () => ({ openNav: () => setDrawer(true), openPalette: onPalette, userMenu }),
    [onPalette, userMenu],
  );
  return (
    <Context value={context}>
      <a
        href="#main"
        className="sr-only z-50 rounded-md bg-accent px-3 py-2 text-accent-ink focus:not-sr-only focus:absolute focus:top-2 focus:left-2"
      >
        Skip to content
      </a>
      <div className="flex h-dvh flex-col">
        <div className="flex min-h-0 flex-1">
          <aside
            className={cn('hidden shrink-0 flex-col border-r bg-canvas md:flex', narrow ? 'w-13' : 'w-54')}
          >
            <Organization name={organization} narrow={narrow} />
            <Nav items={nav} narrow={narrow} />
            <div className="p-2">
              <Button
                variant="ghost"
                size="icon"
                aria-label={narrow ? 'Unfold the navigation' : 'Fold the navigation'}
                onClick={() => setFolded(narrow ? 'open' : 'folded')}
              >
                {narrow ? <PanelLeftOpen aria-hidden /> : <PanelLeftClose aria-hidden />}
              </Button>
            </div>
          </aside>
          <div className="flex min-w-0 flex-1 flex-col bg-canvas">{children}</div>
        </div>
        <footer className="shrink-0 border-t bg-panel">{pulse}</footer>
      </div>
      <NavDrawer open={drawer} onOpenChange={setDrawer}>
        <Organization name={organization} narrow={false} />
        <Nav items={nav} narrow={false} onPick={() => setDrawer(false)} />
      </NavDrawer>
    </Context>
  );
}

function Organization({ name, narrow }: { name: string; narrow: boolean }) {
  return (
    <div className={cn('flex h-13 items-center gap-2.5', narrow ? 'justify-center' : 'px-3.5')}>
      <Mark className="shrink-0" />
      {!narrow && (
        <span className="min-w-0 leading-tight">
          <span className="block truncate font-semibold">{name}</span>
          <span className="block text-2xs text-ink-3">Reachly</span>
        </span>
      )}
    </div>
  );
}

function Nav({ items, narrow, onPick }: { items: readonly NavItem[]; narrow: boolean; onPick?: () => void }) {
  const path = usePathname();
  return (
    <nav aria-label="Main" className="scroll-slim flex-1 space-y-px overflow-y-auto px-2 py-1">
      {items.map(({ href, label, icon: Icon, count, alert }) => {
        const here = path === href || path.startsWith(`${href}/`);
        const link = (
          <Link
            key={href}
            href={href}
            onClick={onPick}
            aria-current={here ? 'page' : undefined}
            className={cn(
              'flex h-8 items-center gap-2.5 rounded-md text-ink-2 transition-colors hover:bg-hover hover:text-ink pointer-coarse:h-11',
              narrow ? 'justify-center' : 'px-2',
              here && 'bg-hover font-medium text-ink',
            )}
          >
            <Icon className={cn('size-4 shrink-0', here ? 'text-accent' : 'text-ink-3')} aria-hidden />
            {narrow ? (
              <span className="sr-only">{label}</span>
            ) : (
              <>
                <span className="flex-1">{label}</span>
                {count !== undefined && count > 0 && (
                  <span className={cn('text-xs', alert ? 'font-medium text-held' : 'text-ink-3')}>
                    {count}
                  </span>
                )}
              </>
            )}
          </Link>
        );
        return narrow ? (
          <Tooltip key={href} content={label} side="right">
            {link}
          </Tooltip>
        ) : (
          link
        );
      })}
    </nav>
  );
}

function NavDrawer({
  open,
  onOpenChange,
  children,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  children: ReactNode;
}) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-overlay" />
        <Radix.Content className="fixed inset-y-0 left-0 z-50 flex w-72 flex-col border-r bg-canvas shadow-float data-[state=open]:animate-in data-[state=open]:slide-in-from-left-8">
          <Radix.Title className="sr-only">Navigation</Radix.Title>
          <Radix.Description className="sr-only">Pages of the application</Radix.Description>
          <Radix.Close asChild>
            <Button variant="ghost" size="icon" aria-label="Close" className="absolute top-2 right-2">
              <X aria-hidden />
            </Button>
          </Radix.Close>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
