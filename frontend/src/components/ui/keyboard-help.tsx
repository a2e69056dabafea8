'use client';
import type { ReactNode } from 'react';

import { Dialog, DialogContent } from './dialog';

export function Key({ children }: { children: ReactNode }) {
  return (
    <kbd className="inline-flex h-5 min-w-5 items-center justify-center rounded-sm border border-line-strong bg-sunken px-1 font-sans text-2xs text-ink-2">
      {children}
    </kbd>
  );
}

export interface ShortcutGroup {
  heading: string;
  shortcuts: readonly { keys: string; does: string }[];
}

export function KeyboardHelp({
  open,
  onOpenChange,
  groups,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  groups: readonly ShortcutGroup[];
}) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange}>
      <DialogContent title="Keyboard" className="max-w-2xl">
        <div className="grid gap-6 sm:grid-cols-2">
          {groups.map((group) => (
            <section key={group.heading}>
              <h3 className="mb-1 text-xs text-ink-3">{group.heading}</h3>
              <dl className="divide-y">
                {group.shortcuts.map(({ keys, does }) => (
                  <div key={keys} className="flex items-center justify-between py-1.5">
                    <dt>{does}</dt>
                    <dd className="flex gap-1">
                      {keys.split(' ').map((key) => (
                        <Key key={key}>{key}</Key>
                      ))}
                    </dd>
                  </div>
                ))}
              </dl>
            </section>
          ))}
        </div>
      </DialogContent>
    </Dialog>
  );
}
