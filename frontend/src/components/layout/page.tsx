'use client';
import { ChevronRight, Menu as MenuIcon, Search } from 'lucide-react';
import Link from 'next/link';
import { useEffect, type ReactNode } from 'react';

import { Button } from '@/components/ui/button';
import { Key } from '@/components/ui/keyboard-help';
import { RowSurfaces } from '@/components/ui/row-surface';
import { cn } from '@/lib/cn';

import { useShell } from './shell';

export interface PageProps {
  /** Also the title of the window. */
  title: string;
  /** What the title shows, when it is more than a word. */
  heading?: ReactNode;
  crumbs?: readonly { label: string; href: string }[];
  actions?: ReactNode;
  /** `fill`: the page itself scrolls inside (tables, inbox); else the whole page scrolls. */
  fill?: boolean;
  className?: string;
  children: ReactNode;
}

export function Page({ title, heading, crumbs = [], actions, fill, className, children }: PageProps) {
  const { openNav, openPalette, userMenu } = useShell();
  useEffect(() => {
    document.title = `${title} · Reachly`;
  }, [title]);
  return (
    <RowSurfaces>
      <header className="flex h-13 shrink-0 items-center gap-2 border-b bg-panel px-3 md:px-5">
        <Button
          variant="ghost"
          size="icon"
          aria-label="Open the navigation"
          className="md:hidden"
          onClick={openNav}
        >
          <MenuIcon aria-hidden />
        </Button>
        <div className="flex min-w-0 flex-1 items-center gap-1.5">
          {crumbs.map((crumb) => (
            <span key={crumb.href} className="hidden shrink-0 items-center gap-1.5 text-ink-3 sm:flex">
              <Link href={crumb.href} className="hover:text-ink">
                {crumb.label}
              </Link>
              <ChevronRight className="size-3.5" aria-hidden />
            </span>
          ))}
          <h1 className="truncate text-base">{heading ?? title}</h1>
        </div>
        <div className="flex shrink-0 items-center gap-2">
          {actions}
          <button
            type="button"
            onClick={openPalette}
            className="hidden h-8 items-center gap-2 rounded-md border border-line-strong px-2.5 text-ink-3 hover:text-ink lg:flex"
          >
            <Search className="size-3.5" aria-hidden />
            <span className="text-xs">Search</span>
            <Key>⌘K</Key>
          </button>
          <Button
            variant="ghost"
            size="icon"
            aria-label="Search"
            className="hidden sm:inline-flex lg:hidden"
            onClick={openPalette}
          >
            <Search aria-hidden />
          </Button>
          {userMenu}
        </div>
      </header>
      <main
        id="main"
        tabIndex={-1}
        className={cn('min-h-0 flex-1 outline-none', fill ? 'flex flex-col' : 'scroll-slim overflow-y-auto')}
      >
        <div
          className={cn(
            fill ? 'flex min-h-0 flex-1 flex-col p-3 md:p-5' : 'mx-auto w-full max-w-[1360px] p-3 md:p-5',
            className,
          )}
        >
          {children}
        </div>
      </main>
    </RowSurfaces>
  );
}
