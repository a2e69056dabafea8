import type { ReactNode } from 'react';

import { cn } from '@/lib/cn';

/** The first cell of a row: its name, and a line about it; on phones another line, where there is one. */
export function NameCell({
  name,
  note,
  narrow,
  wideNote,
}: {
  name: ReactNode;
  note?: ReactNode;
  narrow?: ReactNode;
  /** The note is left out on phones, where something else stands below. */
  wideNote?: boolean;
}) {
  return (
    <span className="block leading-tight">
      <span className="block truncate font-medium">{name}</span>
      {note && (
        <span className={cn('block truncate text-xs text-ink-3', (narrow || wideNote) && 'max-sm:hidden')}>
          {note}
        </span>
      )}
      {narrow && <span className="block text-xs text-ink-3 sm:hidden">{narrow}</span>}
    </span>
  );
}
