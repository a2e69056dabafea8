'use client';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import type { ReactNode } from 'react';

import { fullTime, ownZone, when } from '@/lib/format';
import { remedyFor, type WhyContext } from '@/lib/why';

import { WhyChip } from './why-chip';

/** One rule in full: what it says, until when in the zone it is meant in, and what would change it. */
export function WhyFacts({
  why,
  zone,
  context = {},
  here,
}: {
  why: { code: string; detail: string; change: string; until: string | null };
  /** Where the hours and days of the rule are counted. */
  zone: string;
  context?: WhyContext;
  /** Where it stands, when that is more than the page: no link leads back to it. */
  here?: string | undefined;
}) {
  const path = usePathname();
  const { words, tone, href, go } = remedyFor(why.code, context);
  return (
    <div className="space-y-2">
      <WhyChip reason={words} tone={tone} />
      <p>{why.detail}</p>
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5">
        <Fact name="Until">{why.until ? <Instant at={why.until} zone={zone} /> : 'no fixed time'}</Fact>
        <Fact name="What changes it">
          {why.change}
          {href && href !== here && href !== path && (
            <Link href={href} className="block text-accent hover:underline">
              {go}
            </Link>
          )}
        </Fact>
      </dl>
    </div>
  );
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-ink-3">{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </>
  );
}

/** In that zone, named; and by the reader's own clock where it shows something else. */
export function Instant({ at, zone }: { at: string; zone: string }) {
  const now = new Date();
  const there = when(at, now, zone);
  const here = when(at, now);
  return (
    <time dateTime={at} title={fullTime(at, zone)}>
      {there} <span className="text-ink-3">{zone}</span>
      {there !== here && (
        <span className="block text-xs text-ink-3">{`${here} by your clock (${ownZone()})`}</span>
      )}
    </time>
  );
}
