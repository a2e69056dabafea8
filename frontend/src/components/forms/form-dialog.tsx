'use client';
import { useId, type FormEvent, type ReactNode } from 'react';

import { Button } from '@/components/ui/button';
import { Dialog, DialogClose, DialogContent } from '@/components/ui/dialog';
import { useUnsaved } from '@/hooks/use-unsaved';

/** A dialog that asks for one thing and makes it. */
export function FormDialog({
  open,
  onOpenChange,
  title,
  description,
  action,
  busy,
  unsaved,
  onSubmit,
  className,
  children,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description: string;
  /** What the button that sends says. */
  action: string;
  busy: boolean;
  /** Something is typed that closing would lose. */
  unsaved: boolean;
  onSubmit: (event: FormEvent) => void;
  /** Of the form. */
  className?: string;
  children: ReactNode;
}) {
  const form = useId();
  return (
    <Dialog open={open} onOpenChange={onOpenChange}>
      <DialogContent
        title={title}
        description={description}
        footer={
          <>
            <DialogClose asChild>
              <Button>Cancel</Button>
            </DialogClose>
            <Button type="submit" form={form} variant="primary" loading={busy}>
              {action}
            </Button>
          </>
        }
      >
        <Typed unsaved={unsaved} />
        <form id={form} noValidate onSubmit={onSubmit} className={className}>
          {children}
        </form>
      </DialogContent>
    </Dialog>
  );
}

/** Inside the dialog, so that it is the dialog that asks. */
function Typed({ unsaved }: { unsaved: boolean }) {
  useUnsaved(unsaved);
  return null;
}
