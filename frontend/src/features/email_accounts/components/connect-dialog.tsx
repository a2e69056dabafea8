'use client';
import { ArrowLeft, Mail } from 'lucide-react';
import { useState } from 'react';

import { Button } from '@/components/ui/button';
import { Dialog, DrawerContent } from '@/components/ui/dialog';
import { Notice } from '@/components/ui/states';
import { wordsFor } from '@/lib/problem';

import { useConnectProvider } from '../api/change-mailbox';
import { ConnectForm } from './connect-form';

const WAYS = [
  { id: 'smtp', label: 'Any mailbox', detail: 'Over SMTP and IMAP, with a password or an app password' },
  { id: 'gmail', label: 'Google', detail: 'Sign in with Google, no password kept' },
  { id: 'outlook', label: 'Microsoft 365', detail: 'Sign in with Microsoft, no password kept' },
] as const;

export function ConnectDialog({
  way,
  onWay,
}: {
  /** Empty: closed; `choose`, or the way already chosen. */
  way: string;
  onWay: (way: string) => void;
}) {
  const provider = useConnectProvider();
  const [asked, setAsked] = useState('');
  const failed = provider.error ? wordsFor(provider.error) : null;
  return (
    <Dialog
      open={way !== ''}
      onOpenChange={(open) => {
        if (!open) onWay('');
        provider.reset();
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
            {WAYS.map((one) => (
              <button
                key={one.id}
                type="button"
                disabled={provider.isPending}
                onClick={() => {
                  if (one.id === 'smtp') return onWay('smtp');
                  setAsked(one.label);
                  provider.mutate(one.id);
                }}
                className="flex w-full items-center gap-3 rounded-lg border p-3 text-left hover:bg-hover"
              >
                <Mail className="size-5 text-ink-3" aria-hidden />
                <span>
                  <span className="block font-medium">{one.label}</span>
                  <span className="block text-ink-2">{one.detail}</span>
                </span>
              </button>
            ))}
            {failed && (
              <div role="alert">
                <Notice tone="held" title={`${asked}: ${failed.title}`}>
                  {failed.detail}
                </Notice>
              </div>
            )}
          </div>
        )}
      </DrawerContent>
    </Dialog>
  );
}
