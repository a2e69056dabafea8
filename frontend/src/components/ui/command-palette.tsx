'use client';
import { Command } from 'cmdk';
import { Search } from 'lucide-react';
import { Dialog as Radix } from 'radix-ui';
import { useEffect, useRef, useState, type KeyboardEvent } from 'react';

import { cn } from '@/lib/cn';

import { orderGroups, type PaletteGroup, type PaletteItem } from './palette-order';

interface CommandPaletteProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  groups: readonly PaletteGroup[];
  text: string;
  onText: (text: string) => void;
  /** What was found belongs to an earlier text: Enter waits for the answer to this one. */
  waiting: boolean;
  /** Instead of "nothing by that name", where that is not known. */
  note?: string | undefined;
}

/** Keys that move through the list (those of the library, too). */
const movesBy = (event: KeyboardEvent): boolean =>
  ['ArrowDown', 'ArrowUp', 'Home', 'End'].includes(event.key) ||
  (event.ctrlKey && ['n', 'j', 'p', 'k'].includes(event.key));

const valueOf = (item: PaletteItem): string => `${item.label} ${item.id}`;

/** Everything by its name: pages, actions, and what the search finds. */
export function CommandPalette(props: CommandPaletteProps) {
  const { open, onOpenChange, onText } = props;
  return (
    <Radix.Root
      open={open}
      onOpenChange={(next) => {
        if (!next) onText('');
        onOpenChange(next);
      }}
    >
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-overlay" />
        <Radix.Content className="fixed top-[12vh] left-1/2 z-50 w-[calc(100vw-2rem)] max-w-xl -translate-x-1/2 overflow-hidden rounded-lg border bg-raised shadow-float">
          <Radix.Title className="sr-only">Search and commands</Radix.Title>
          <Radix.Description className="sr-only">
            Type to find a page, a campaign or an action.
          </Radix.Description>
          <Choices {...props} />
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

function Choices({ onOpenChange, groups, text, onText, waiting, note }: CommandPaletteProps) {
  // Chosen by arrows or pointer; until then the first is meant, also when it changes as answers come.
  const [picked, setPicked] = useState<string | null>(null);
  const byHand = useRef(false);
  /** Enter came before the answer to what was typed. */
  const entered = useRef<string | null>(null);
  const shown = orderGroups(groups, text);
  const first = shown[0]?.items[0];
  const chosen = shown.flatMap((group) => group.items).find((item) => valueOf(item) === picked);
  function run(item: PaletteItem): void {
    onText('');
    onOpenChange(false);
    item.run();
  }
  function enter(): void {
    if (chosen) run(chosen);
    else if (waiting && (!first || shown[0]?.found || !startsSo(first, text))) entered.current = text;
    else if (first) run(first);
  }
  useEffect(() => {
    if (waiting || entered.current === null) return;
    const meant = entered.current === text && shown[0]?.found;
    entered.current = null;
    if (meant && first) run(first);
  });
  return (
    <Command
      loop
      label="Search and commands"
      shouldFilter={false}
      value={chosen || first ? valueOf((chosen ?? first) as PaletteItem) : ''}
      onValueChange={(value) => {
        if (byHand.current) setPicked(value);
      }}
      onKeyDown={(event) => {
        byHand.current = movesBy(event);
        if (event.key !== 'Enter' || event.nativeEvent.isComposing) return;
        event.preventDefault();
        enter();
      }}
    >
      <div className="flex items-center gap-2 border-b px-3">
        <Search className="size-4 text-ink-3" aria-hidden />
        <Command.Input
          value={text}
          onValueChange={(next) => {
            setPicked(null);
            onText(next);
          }}
          placeholder="Go to, find, do…"
          className="h-11 flex-1 bg-transparent text-base outline-none"
        />
      </div>
      <Command.List
        className="scroll-slim max-h-[min(24rem,60vh)] overflow-y-auto p-1"
        onPointerMoveCapture={() => {
          byHand.current = true;
        }}
      >
        {shown.length === 0 && (
          <p className="px-3 py-8 text-center text-ink-2" role="status">
            {waiting ? 'Looking…' : (note ?? 'Nothing by that name.')}
          </p>
        )}
        {shown.map((group, at) => (
          <Group key={`${at} ${group.heading}`} group={group} old={waiting} onRun={run} />
        ))}
      </Command.List>
    </Command>
  );
}

/** A command that is meant by its name: no answer of the search comes before it. */
function startsSo(item: PaletteItem, text: string): boolean {
  return text.trim() === '' || item.label.toLowerCase().startsWith(text.trim().toLowerCase());
}

function Group({
  group,
  old,
  onRun,
}: {
  group: PaletteGroup;
  old: boolean;
  onRun: (item: PaletteItem) => void;
}) {
  return (
    <Command.Group
      heading={group.heading}
      className={cn(
        '[&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:text-ink-3',
        group.found && old && 'opacity-60',
      )}
    >
      {group.items.map((item) => (
        <Command.Item
          key={item.id}
          value={valueOf(item)}
          onSelect={() => onRun(item)}
          className="flex h-9 items-center gap-2.5 rounded-md px-2 data-[selected=true]:bg-hover"
        >
          {item.icon && <item.icon className="size-4 text-ink-3" aria-hidden />}
          <span className="min-w-0 flex-1 truncate">{item.label}</span>
          {item.hint && <span className="text-xs text-ink-3">{item.hint}</span>}
        </Command.Item>
      ))}
    </Command.Group>
  );
}
