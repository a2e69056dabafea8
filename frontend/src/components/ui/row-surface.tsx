'use client';
import { Popover as Radix } from 'radix-ui';
import {
  createContext,
  useCallback,
  useContext,
  useMemo,
  useRef,
  useState,
  type MouseEvent,
  type ReactNode,
} from 'react';

import { cn } from '@/lib/cn';

import { surface } from './menu';

/** What is opened: drawn by the host, given how to close it. */
type Draw = (close: () => void) => ReactNode;
interface Opened {
  key: string;
  draw: Draw;
}
interface Surfaces {
  openKey: string | null;
  open: (key: string, draw: Draw) => void;
  close: (key: string) => void;
}

const Host = createContext<Surfaces | null>(null);

/**
 * Where dialogs and popovers of rows live. A row of a live list is redrawn, moved and dropped while somebody reads what
 * it opened; kept here, that stays until it is closed. One a page; `Page` brings it.
 */
export function RowSurfaces({ children }: { children: ReactNode }) {
  const [opened, setOpened] = useState<Opened | null>(null);
  const open = useCallback((key: string, draw: Draw) => setOpened({ key, draw }), []);
  // Of its own only: the press that closes one may have opened the next already.
  const close = useCallback((key: string) => setOpened((now) => (now?.key === key ? null : now)), []);
  const openKey = opened?.key ?? null;
  const value = useMemo(() => ({ openKey, open, close }), [openKey, open, close]);
  return (
    <Host value={value}>
      {children}
      {opened?.draw(() => close(opened.key))}
    </Host>
  );
}

/** For a row: opens something that outlives it. `key` says whose it is, as long as it is open. */
export function useRowSurface(key: string): {
  isOpen: boolean;
  open: (draw: Draw) => void;
  close: () => void;
} {
  const host = useContext(Host);
  if (!host) throw new Error('useRowSurface needs RowSurfaces around it.');
  return {
    isOpen: host.openKey === key,
    open: (draw) => host.open(key, draw),
    close: () => host.close(key),
  };
}

interface RowPopoverProps {
  /** Told to screen readers: one without a name is announced as a nameless dialog. */
  label: string;
  className?: string;
  children: ReactNode;
}

/** The popover of a row, and what its button needs: `<button {...useRowPopover(key, …)}>`. */
export function useRowPopover(key: string, { label, className, children }: RowPopoverProps) {
  const { isOpen, open, close } = useRowSurface(key);
  return {
    'aria-haspopup': 'dialog' as const,
    'aria-expanded': isOpen,
    onClick: (event: MouseEvent<HTMLElement>) => {
      if (isOpen) return close();
      const opener = event.currentTarget;
      open((onClose) => (
        <Anchored key={key} {...{ opener, label, className, onClose }}>
          {children}
        </Anchored>
      ));
    },
  };
}

/** Beside its opener, or where that was last when it is there no more. */
function Anchored({
  opener,
  label,
  className,
  onClose,
  children,
}: Omit<RowPopoverProps, 'className'> & {
  opener: HTMLElement;
  className: string | undefined;
  onClose: () => void;
}) {
  const [anchor] = useState(() => {
    let last = opener.getBoundingClientRect();
    return {
      getBoundingClientRect: () => {
        if (opener.isConnected) last = opener.getBoundingClientRect();
        return last;
      },
    };
  });
  const left = useRef(false);
  return (
    <Radix.Root open onOpenChange={(open) => !open && onClose()}>
      <Radix.Anchor virtualRef={{ current: anchor }} />
      <Radix.Portal>
        <Radix.Content
          aria-label={label}
          align="start"
          sideOffset={6}
          collisionPadding={8}
          onInteractOutside={(event) => {
            // A press on the opener closes it by itself; one elsewhere takes the focus there.
            if (event.target instanceof Node && opener.contains(event.target)) event.preventDefault();
            else left.current = true;
          }}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            if (!left.current && opener.isConnected) opener.focus();
          }}
          className={cn(surface, 'p-3', className)}
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
