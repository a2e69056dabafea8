'use client';
import { ArrowLeft, Mail } from 'lucide-react';

import { Button } from '@/components/ui/button';
import { Dialog, DrawerContent } from '@/components/ui/dialog';
import { ErrorState, Skeleton } from '@/components/ui/states';
import { Badge } from '@/components/ui/status';
import type { Schema } from '@/lib/client';
import { beforeLeaving } from '@/lib/unsaved';

import { useProviders } from '../api/list-providers';
import { ConnectForm } from './connect-form';

type Provider = Schema<'ProviderOut'>;

const LABELS: Record<Provider['provider'], string> = {
  smtp: 'Any mailbox',
  gmail: 'Sign in with Google',
  outlook: 'Sign in with Microsoft',
};
/** Ways that this page has a form for. */
const WITH_FORM = new Set<Provider['provider']>(['smtp']);

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
            <Button
              variant="ghost"
              size="sm"
              className="-ml-2 mb-3"
              onClick={() => beforeLeaving(() => onWay('choose'))}
            >
              <ArrowLeft aria-hidden /> Other ways
            </Button>
            <ConnectForm onDone={() => onWay('')} />
          </>
        ) : (
          <Ways onWay={onWay} />
        )}
      </DrawerContent>
    </Dialog>
  );
}

/** What the server can connect is offered; what it cannot yet is said, with what works meanwhile. */
function Ways({ onWay }: { onWay: (way: string) => void }) {
  const providers = useProviders();
  if (providers.isPending)
    return (
      <div role="status" aria-label="Loading" className="space-y-2">
        {Object.keys(LABELS).map((provider) => (
          <Skeleton key={provider} className="h-16" />
        ))}
      </div>
    );
  if (providers.isLoadingError)
    return <ErrorState error={providers.error} onRetry={() => void providers.refetch()} />;
  const can = (one: Provider) => one.can_connect && WITH_FORM.has(one.provider);
  const later = providers.data.filter((one) => !can(one));
  return (
    <div className="space-y-2">
      {providers.data.filter(can).map(({ provider, detail }) => (
        <button
          key={provider}
          type="button"
          onClick={() => onWay(provider)}
          className="flex w-full items-start gap-3 rounded-lg border border-line-strong p-3 text-left hover:bg-hover"
        >
          <Mail className="mt-0.5 size-5 shrink-0 text-accent" aria-hidden />
          <span>
            <span className="block font-medium">{LABELS[provider]}</span>
            <span className="block text-ink-2">{detail}</span>
          </span>
        </button>
      ))}
      {later.length > 0 && (
        <ul className="space-y-2" aria-label="Not available yet">
          {later.map(({ provider, detail }) => (
            <li key={provider} className="flex items-start gap-3 rounded-lg border border-dashed p-3">
              <Mail className="mt-0.5 size-5 shrink-0 text-ink-3" aria-hidden />
              <span>
                <span className="flex flex-wrap items-center gap-2 font-medium text-ink-2">
                  {LABELS[provider]} <Badge>Not available yet</Badge>
                </span>
                <span className="block text-ink-2">{detail}</span>
              </span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
