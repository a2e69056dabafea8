import { Tabs as Radix } from 'radix-ui';
import { useEffect, useRef, type ReactNode } from 'react';

import { cn } from '@/lib/cn';

import { Boundary, type Guarded } from './boundary';

export interface TabItem<T extends string> {
  value: T;
  label: ReactNode;
  count?: number | undefined;
}

/** The row of tabs; panels are `TabPanel`s inside the same `Tabs`. */
export function Tabs<T extends string>({
  value,
  onValueChange,
  items,
  children,
  className,
  label,
  end,
}: {
  value: T;
  onValueChange: (value: T) => void;
  items: readonly TabItem<T>[];
  children: ReactNode;
  className?: string;
  label: string;
  end?: ReactNode;
}) {
  const list = useRef<HTMLDivElement>(null);
  // On a phone the row is wider than the page: the open tab is always seen.
  useEffect(() => {
    list.current
      ?.querySelector('[data-state=active]')
      ?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [value]);
  return (
    <Radix.Root
      value={value}
      onValueChange={(next) => onValueChange(next as T)}
      className={cn('flex flex-col', className)}
    >
      <div className="flex items-end justify-between gap-4 border-b">
        <Radix.List
          ref={list}
          aria-label={label}
          className="-mb-px flex min-w-0 gap-1 overflow-x-auto [scrollbar-width:none]"
        >
          {items.map((item) => (
            <Radix.Trigger
              key={item.value}
              value={item.value}
              className="flex h-9 items-center gap-1.5 border-b-2 border-transparent px-2.5 whitespace-nowrap text-ink-2 transition-colors hover:text-ink focus-visible:-outline-offset-2 data-[state=active]:border-accent data-[state=active]:font-medium data-[state=active]:text-ink"
            >
              {item.label}
              {item.count !== undefined && <span className="text-xs text-ink-3">{item.count}</span>}
            </Radix.Trigger>
          ))}
        </Radix.List>
        {end}
      </div>
      {children}
    </Radix.Root>
  );
}

export function TabPanel({
  value,
  children,
  className,
}: {
  value: string;
  children: Guarded;
  className?: string;
}) {
  return (
    <Radix.Content value={value} className={cn('min-h-0 flex-1 outline-offset-4', className)}>
      <Boundary>{children}</Boundary>
    </Radix.Content>
  );
}
