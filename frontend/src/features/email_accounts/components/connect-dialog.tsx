'use client';
import { ArrowLeft, Mail } from 'lucide-react';

import { Button } from '@/components/ui/button';
import { Dialog, DrawerContent } from '@/components/ui/dialog';
import { Badge } from '@/components/ui/status';

import { ConnectForm } from './connect-form';

/** Ways that the API answers 501: said before anybody chooses one, with what works in their place. */
const NOT_YET = [
  {
    label: 'Sign in with Google',
    instead: 'Gmail and Google Workspace work now with an app password: choose “Any mailbox” above.',
  },
  {
    label: 'Sign in with Microsoft',
    instead:
      'Microsoft 365 works now over SMTP and IMAP where your administrator allows it: choose “Any mailbox” above.',
  },
] as const;

export function ConnectDialog({
  way,
  onWay,
}: {
  /** Empty: closed; `choose`, or the way already chosen. */
  way: string;
  onWay: (way: string) => void;
}) {
  return (
    <Dialog
      open={way !== ''}
      onOpenChange={(open) => {
        if (!open) onWay('');
      }}
    >
      <DrawerContent
        title="Connect a mailbox"
        description="Messages go out through it, replies come back to it."
      >
        {way === 'smtp' ? (
          <>
            <Button variant="ghost" size="sm" className="-ml-2 mb-3" onClick={() => onWay('choose')}>
              <ArrowLeft aria-hidden /> Other ways
            </Button>
            <ConnectForm onDone={() => onWay('')} />
          </>
        ) : (
          <div className="space-y-2">
            <button
              type="button"
              onClick={() => onWay('smtp')}
              className="flex w-full items-center gap-3 rounded-lg border border-line-strong p-3 text-left hover:bg-hover"
            >
              <Mail className="size-5 text-accent" aria-hidden />
              <span>
                <span className="block font-medium">Any mailbox</span>
                <span className="block text-ink-2">
                  Over SMTP and IMAP, with a password or an app password. Google and Microsoft, too.
                </span>
              </span>
            </button>
            <ul className="space-y-2" aria-label="Not available yet">
              {NOT_YET.map((one) => (
                <li key={one.label} className="flex items-start gap-3 rounded-lg border border-dashed p-3">
                  <Mail className="mt-0.5 size-5 shrink-0 text-ink-3" aria-hidden />
                  <span>
                    <span className="flex flex-wrap items-center gap-2 font-medium text-ink-2">
                      {one.label} <Badge>Not available yet</Badge>
                    </span>
                    <span className="block text-ink-2">{one.instead}</span>
                  </span>
                </li>
              ))}
            </ul>
          </div>
        )}
      </DrawerContent>
    </Dialog>
  );
}
