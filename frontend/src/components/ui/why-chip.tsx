'use client';
import { CircleHelp } from 'lucide-react';
import Link from 'next/link';
import type { ReactNode } from 'react';

import { cn } from '@/lib/cn';
import { when } from '@/lib/format';

import { toneSoft, type Tone } from './status';
import { Tooltip } from './tooltip';

export interface WhyProps {
  /** The rule that holds it, in words: "outside window", "no field company". */
  reason: string;
  /** The instant it ends by itself. */
  until?: string | null | undefined;
  /** What would change it. */
  remedy?: string | undefined;
  /** Where that is changed. */
  href?: string | undefined;
  tone?: Tone;
  className?: string | undefined;
}

/** Whatever is not being sent says why, until when, and leads to what would change it. */
export function WhyChip({ reason, until, remedy, href, tone = 'held', className }: WhyProps) {
  const classes = cn(
    'inline-flex h-5 max-w-full items-center gap-1 rounded-sm px-1.5 text-xs whitespace-nowrap',
    toneSoft[tone],
    className,
  );
  const inside: ReactNode = (
    <>
      <CircleHelp className="size-3 shrink-0" aria-hidden />
      <span className="truncate">
        {reason}
        {until && ` until ${when(until)}`}
      </span>
    </>
  );
  if (href)
    return (
      <Tooltip content={remedy}>
        <Link href={href} className={cn(classes, 'relative z-10 hover:underline')}>
          {inside}
        </Link>
      </Tooltip>
    );
  return (
    <Tooltip content={remedy}>
      <span className={classes} tabIndex={remedy ? 0 : undefined}>
        {inside}
      </span>
    </Tooltip>
  );
}
