'use client';
import { Command } from 'cmdk';
import { Search, type LucideIcon } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import { useState, type ReactNode } from 'react';

export interface PaletteItem {
  id: string;
  label: string;
  hint?: ReactNode;
  icon?: LucideIcon;
  keywords?: string[];
  run: () => void;
}

export interface PaletteGroup {
  heading: string;
  items: readonly PaletteItem[];
}

/** Everything by its name: pages, actions, and what the search finds. */
export function CommandPalette({
  open,
  onOpenChange,
  groups,
  onSearch,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  groups: readonly PaletteGroup[];
  onSearch?: (text: string) => void;
}) {
  const [text, setText] = useState('');
  function change(next: string): void {
    setText(next);
    onSearch?.(next);
  }
  function openChange(next: boolean): void {
    if (!next) change('');
    onOpenChange(next);
  }
  return (
    <Radix.Root open={open} onOpenChange={openChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-overlay" />
        <Radix.Content className="fixed top-[12vh] left-1/2 z-50 w-[calc(100vw-2rem)] max-w-xl -translate-x-1/2 overflow-hidden rounded-lg border bg-raised shadow-float">
          <Radix.Title className="sr-only">Search and commands</Radix.Title>
          <Radix.Description className="sr-only">
            Type to find a page, a campaign or an action.
          </Radix.Description>
          <Command loop label="Search and commands">
            <div className="flex items-center gap-2 border-b px-3">
              <Search className="size-4 text-ink-3" aria-hidden />
              <Command.Input
                value={text}
                onValueChange={change}
                placeholder="Go to, find, do…"
                className="h-11 flex-1 bg-transparent text-base outline-none"
              />
            </div>
            <Command.List className="scroll-slim max-h-[min(24rem,60vh)] overflow-y-auto p-1">
              <Command.Empty className="px-3 py-8 text-center text-ink-2">
                Nothing by that name.
              </Command.Empty>
              {groups.map(
                (group) =>
                  group.items.length > 0 && (
                    <Command.Group
                      key={group.heading}
                      heading={group.heading}
                      className="[&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-ink-3"
                    >
                      {group.items.map((item) => (
                        <Command.Item
                          key={item.id}
                          value={`${item.label} ${item.id}`}
                          keywords={item.keywords}
                          onSelect={() => {
                            openChange(false);
                            item.run();
                          }}
                          className="flex h-9 items-center gap-2.5 rounded-md px-2 data-[selected=true]:bg-hover"
                        >
                          {item.icon && <item.icon className="size-4 text-ink-3" aria-hidden />}
                          <span className="min-w-0 flex-1 truncate">{item.label}</span>
                          {item.hint && <span className="text-xs text-ink-3">{item.hint}</span>}
                        </Command.Item>
                      ))}
                    </Command.Group>
                  ),
              )}
            </Command.List>
          </Command>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
