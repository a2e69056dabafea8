import { Check } from 'lucide-react';
import Link from 'next/link';

import { Button } from '@/components/ui/button';
import { cn } from '@/lib/cn';
import { paths } from '@/lib/paths';

/** The way to the first message, with what is done already. */
export function FirstRun({
  mailboxes,
  leads,
  campaigns,
  address,
}: {
  mailboxes: number;
  leads: number;
  campaigns: number;
  address: boolean;
}) {
  const steps = [
    {
      done: mailboxes > 0,
      title: 'Connect a mailbox',
      why: 'Messages go out through your own mailbox, and replies come back to it.',
      href: paths.mailboxConnect,
      action: 'Connect',
    },
    {
      done: address,
      title: 'Add your postal address',
      why: 'Many countries require it at the end of such mail.',
      href: paths.settingsPart('organization'),
      action: 'Add',
    },
    {
      done: leads > 0,
      title: 'Import people',
      why: 'A CSV file as it is; you see how it was understood before anything is kept.',
      href: paths.leadsImport(),
      action: 'Import',
    },
    {
      done: campaigns > 0,
      title: 'Write, check, start',
      why: 'Nothing is sent before you have seen the whole plan.',
      href: `${paths.campaigns}?new=1`,
      action: 'New campaign',
    },
  ];
  const next = steps.findIndex((step) => !step.done);
  return (
    <section aria-label="First steps" className="rounded-lg border bg-panel">
      <ol className="grid divide-y md:grid-cols-4 md:divide-x md:divide-y-0">
        {steps.map((step, position) => (
          <li key={step.title} className="flex flex-col p-4">
            <span className="flex items-center gap-2">
              <span
                className={cn(
                  'flex size-5 items-center justify-center rounded-full text-2xs font-semibold',
                  step.done ? 'bg-replied-soft text-replied' : 'bg-accent-soft text-accent',
                )}
              >
                {step.done ? <Check className="size-3" aria-label="done" /> : position + 1}
              </span>
              <span className={cn('font-medium', step.done && 'text-ink-2')}>{step.title}</span>
            </span>
            <p className="mt-1 mb-3 flex-1 text-xs text-ink-2">{step.why}</p>
            {!step.done && (
              <Button
                asChild
                size="sm"
                variant={position === next ? 'primary' : 'secondary'}
                className="self-start"
              >
                <Link href={step.href}>{step.action}</Link>
              </Button>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}
