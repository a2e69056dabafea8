import { X } from 'lucide-react';
import { AlertDialog, Dialog as Radix } from 'radix-ui';
import { useContext, useMemo, useRef, useState, type ComponentProps, type ReactNode } from 'react';

import { UnsavedScope } from '@/hooks/use-unsaved';
import { cn } from '@/lib/cn';
import { beforeLeaving, type Unsaved } from '@/lib/unsaved';

import { Boundary } from './boundary';
import { Button } from './button';

/** Asks before it closes by Escape, its cross, or a click beside it while a form inside is unsaved. */
export function Dialog({ onOpenChange, children, ...rest }: ComponentProps<typeof Radix.Root>) {
  const around = useContext(UnsavedScope);
  const scope = useMemo(() => {
    const own: Unsaved = new Set();
    return { own, all: [own, ...around] };
  }, [around]);
  return (
    <Radix.Root
      {...rest}
      onOpenChange={(open) => {
        if (open) onOpenChange?.(true);
        else beforeLeaving(() => onOpenChange?.(false), scope.own);
      }}
    >
      <UnsavedScope.Provider value={scope.all}>{children}</UnsavedScope.Provider>
    </Radix.Root>
  );
}
export const DialogTrigger = Radix.Trigger;
export const DialogClose = Radix.Close;

const overlay =
  'fixed inset-0 z-40 bg-overlay data-[state=open]:animate-in data-[state=open]:fade-in-0 data-[state=closed]:animate-out data-[state=closed]:fade-out-0';

/** Focus goes back to where it was, also where no trigger of ours opened it (a row, a shortcut, an address). */
function useFocusBack(): { onOpenAutoFocus: () => void; onCloseAutoFocus: (event: Event) => void } {
  const before = useRef<Element | null>(null);
  return {
    onOpenAutoFocus: () => {
      before.current = document.activeElement;
    },
    onCloseAutoFocus: (event) => {
      const back = before.current;
      if (back instanceof HTMLElement && back !== document.body && back.isConnected) {
        event.preventDefault();
        back.focus();
      }
    },
  };
}

/** Escape in a search field with words in it clears the field; the dialog stays. */
function clearSearchFirst(event: KeyboardEvent): void {
  const at = event.target;
  if (at instanceof HTMLInputElement && at.type === 'search' && at.value !== '') event.preventDefault();
}

interface ContentProps extends Omit<ComponentProps<typeof Radix.Content>, 'title'> {
  title: ReactNode;
  description?: ReactNode;
  /** Stays at the foot while the body scrolls. */
  footer?: ReactNode;
}

function Header({ title, description }: { title: ReactNode; description?: ReactNode }) {
  return (
    <header className="flex items-start gap-3 border-b px-4 py-3">
      <div className="min-w-0 flex-1">
        <Radix.Title className="text-base font-semibold">{title}</Radix.Title>
        {description ? (
          <Radix.Description className="mt-0.5 text-ink-2">{description}</Radix.Description>
        ) : (
          <Radix.Description className="sr-only">Dialog</Radix.Description>
        )}
      </div>
      <Radix.Close asChild>
        <Button variant="ghost" size="icon-sm" aria-label="Close">
          <X aria-hidden />
        </Button>
      </Radix.Close>
    </header>
  );
}

function Content({ title, description, footer, children, ...rest }: ContentProps) {
  const focusBack = useFocusBack();
  return (
    <Radix.Portal>
      <Radix.Overlay className={overlay} />
      <Radix.Content {...focusBack} onEscapeKeyDown={clearSearchFirst} {...rest}>
        <Header title={title} description={description} />
        <div className="min-h-0 flex-1 overflow-y-auto px-4 py-4">
          <Boundary>{children}</Boundary>
        </div>
        {footer && <footer className="flex justify-end gap-2 border-t px-4 py-3">{footer}</footer>}
      </Radix.Content>
    </Radix.Portal>
  );
}

export function DialogContent({ className, ...rest }: ContentProps) {
  return (
    <Content
      {...rest}
      className={cn(
        'fixed top-1/2 left-1/2 z-50 flex max-h-[88dvh] w-[calc(100vw-2rem)] max-w-lg -translate-x-1/2 -translate-y-1/2 flex-col overflow-hidden rounded-lg border bg-raised shadow-float data-[state=open]:animate-in data-[state=open]:fade-in-0 data-[state=open]:zoom-in-[0.98]',
        className,
      )}
    />
  );
}

/** A dialog that comes from the right edge; the whole width on phones. */
export function DrawerContent({ className, ...rest }: ContentProps) {
  return (
    <Content
      {...rest}
      className={cn(
        'fixed inset-y-0 right-0 z-50 flex w-full max-w-xl flex-col border-l bg-raised shadow-float duration-200 data-[state=open]:animate-in data-[state=open]:slide-in-from-right-8 data-[state=open]:fade-in-0',
        className,
      )}
    />
  );
}

interface ConfirmProps {
  trigger?: ReactNode;
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
  title: string;
  /** What will happen, in the user's terms. */
  description: ReactNode;
  /** What else is to be chosen, under the question. */
  children?: ReactNode;
  action: string;
  /** What the button that does nothing says. */
  cancel?: string;
  danger?: boolean;
  onConfirm: () => Promise<unknown> | void;
}

export function Confirm({ trigger, open, onOpenChange, ...props }: ConfirmProps) {
  const [own, setOwn] = useState(false);
  const [busy, setBusy] = useState(false);
  const focusBack = useFocusBack();
  const shown = open ?? own;
  const setShown = onOpenChange ?? setOwn;
  async function confirm(): Promise<void> {
    setBusy(true);
    try {
      await props.onConfirm();
      setShown(false);
    } catch {
      // The call itself has told the user; the question stays open.
    } finally {
      setBusy(false);
    }
  }
  return (
    <AlertDialog.Root open={shown} onOpenChange={setShown}>
      {trigger && <AlertDialog.Trigger asChild>{trigger}</AlertDialog.Trigger>}
      <AlertDialog.Portal>
        <AlertDialog.Overlay className={overlay} />
        <AlertDialog.Content
          {...focusBack}
          className="fixed top-1/2 left-1/2 z-50 w-[calc(100vw-2rem)] max-w-md -translate-x-1/2 -translate-y-1/2 rounded-lg border bg-raised p-4 shadow-float"
        >
          <AlertDialog.Title className="text-base font-semibold">{props.title}</AlertDialog.Title>
          <AlertDialog.Description className="mt-1 text-ink-2">{props.description}</AlertDialog.Description>
          {props.children}
          <div className="mt-4 flex justify-end gap-2">
            <AlertDialog.Cancel asChild>
              <Button>{props.cancel ?? 'Cancel'}</Button>
            </AlertDialog.Cancel>
            <Button
              variant={props.danger ? 'danger' : 'primary'}
              loading={busy}
              onClick={() => void confirm()}
            >
              {props.action}
            </Button>
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
