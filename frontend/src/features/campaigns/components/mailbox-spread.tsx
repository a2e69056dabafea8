'use client';
import { useId, useState } from 'react';

import { Switch } from '@/components/ui/checkbox';
import { Input } from '@/components/ui/input';
import { Segmented } from '@/components/ui/segmented';
import { cn } from '@/lib/cn';

import { canSend, largeProvider, percent, sharesOf, weightFault } from '../model';

export interface SpreadBox {
  id: string;
  email_address: string;
  is_active: boolean;
  status: string;
  provider: string;
  smtp: { host: string } | null;
}

type Weights = Readonly<Record<string, number>>;

export interface Spread {
  byWeight: boolean;
  /** As typed, also while it is no number yet. */
  texts: Readonly<Record<string, string>>;
}

/** As the campaign has it: weights that are all the same spread evenly. */
export function readSpread(weights: Weights | null | undefined): Spread {
  const known = Object.entries(weights ?? {});
  return {
    byWeight: new Set(known.map(([, weight]) => weight)).size > 1 || known.some(([, weight]) => weight === 0),
    texts: Object.fromEntries(known.map(([id, weight]) => [id, String(weight)])),
  };
}

const textOf = (spread: Spread, id: string): string => spread.texts[id] ?? '1';

/** One mailbox alone gets everybody, whatever it weighs. */
const weighs = (spread: Spread, among: readonly unknown[]): boolean => spread.byWeight && among.length > 1;

/** The chosen mailboxes' weights; a faulty one counts as none. */
function weightsOf(spread: Spread, chosen: readonly string[]): Record<string, number> {
  const of = (id: string) => (weightFault(textOf(spread, id)) ? 0 : Number(textOf(spread, id)));
  return Object.fromEntries(chosen.map((id) => [id, weighs(spread, chosen) ? of(id) : 1]));
}

/** What can be saved; null while something is wrong with it. */
export function savableWeights(spread: Spread, chosen: readonly string[]): Record<string, number> | null {
  const weights = weightsOf(spread, chosen);
  if (!weighs(spread, chosen)) return weights;
  if (chosen.some((id) => weightFault(textOf(spread, id)))) return null;
  return Object.values(weights).some((weight) => weight > 0) ? weights : null;
}

export function useSpread(weights: Weights | null | undefined): [Spread, (spread: Spread) => void] {
  return useState<Spread>(() => readSpread(weights));
}

/** Beside a chosen mailbox: its weight, and the share of new people that comes of it. */
export function MailboxShare({
  box,
  boxes,
  spread,
  readOnly,
  onChange,
}: {
  box: SpreadBox;
  /** All that are chosen. */
  boxes: readonly SpreadBox[];
  spread: Spread;
  readOnly: boolean;
  onChange: (spread: Spread) => void;
}) {
  const note = useId();
  const text = textOf(spread, box.id);
  const weighed = weighs(spread, boxes);
  const fault = weighed ? weightFault(text) : null;
  const weights = weightsOf(
    spread,
    boxes.map((one) => one.id),
  );
  const share = sharesOf(boxes, weights).get(box.id) ?? 0;
  // While one weight is no number, nobody's share is known.
  const unknown = weighed && boxes.some((one) => weightFault(textOf(spread, one.id)) !== null);
  const idle = !canSend(box) && boxes.some(canSend);
  return (
    <div className="w-full shrink-0 px-4 pb-2 pl-11 sm:w-auto sm:py-2 sm:pl-0">
      <div className="flex items-center gap-2">
        {weighed && (
          <Input
            aria-label={`Weight of ${box.email_address}`}
            aria-invalid={fault !== null}
            aria-describedby={fault ? note : undefined}
            inputMode="numeric"
            autoComplete="off"
            className="h-7 w-14 text-right"
            disabled={readOnly}
            value={text}
            onChange={(event) =>
              onChange({ ...spread, texts: { ...spread.texts, [box.id]: event.target.value } })
            }
          />
        )}
        <span
          className={cn('text-xs sm:w-14 sm:text-right', share > 0 ? 'text-ink' : 'text-ink-3')}
          title={idle ? 'It cannot send now: its share goes to the others meanwhile' : 'Of the new people'}
        >
          {unknown ? '–' : percent(share)}
          <span className="sm:sr-only"> of new people</span>
        </span>
      </div>
      {fault && (
        <p id={note} role="alert" className="mt-1 text-xs text-bounced sm:max-w-40">
          {fault} Not saved.
        </p>
      )}
    </div>
  );
}

/** Evenly or by weight, and whether the recipient's provider goes first. */
export function SpreadChoice({
  boxes,
  spread,
  matchProvider,
  running,
  readOnly,
  onChange,
  onMatchProvider,
}: {
  boxes: readonly SpreadBox[];
  spread: Spread;
  matchProvider: boolean;
  running: boolean;
  readOnly: boolean;
  onChange: (spread: Spread) => void;
  onMatchProvider: (on: boolean) => void;
}) {
  const ids = boxes.map((box) => box.id);
  const faulty = weighs(spread, ids) && ids.some((id) => weightFault(textOf(spread, id)));
  const nobody = boxes.length > 0 && !faulty && savableWeights(spread, ids) === null;
  const stuck =
    !faulty &&
    !nobody &&
    boxes.length > 0 &&
    [...sharesOf(boxes, weightsOf(spread, ids)).values()].every((share) => share === 0);
  return (
    <div className="space-y-3 border-t px-4 py-3">
      {boxes.length > 1 && (
        <div>
          <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
            <span>New people are shared out</span>
            {readOnly ? (
              <span className="text-ink-2">{spread.byWeight ? 'by weight' : 'evenly'}</span>
            ) : (
              <Segmented
                label="How new people are shared out"
                value={spread.byWeight ? 'weight' : 'even'}
                onValueChange={(value) => onChange({ ...spread, byWeight: value === 'weight' })}
                options={[
                  { value: 'even', label: 'Evenly' },
                  { value: 'weight', label: 'By weight' },
                ]}
              />
            )}
          </div>
          <p className="mt-1 text-xs text-ink-3">
            {spread.byWeight
              ? 'A mailbox of weight 2 gets twice as many new people as one of weight 1, and 0 gives it none. The daily limits hold all the same.'
              : 'Every mailbox gets as many new people as the others.'}{' '}
            {running &&
              'A change applies to people who have no message yet; whoever was written to keeps their sender.'}
          </p>
          {nobody && (
            <p role="alert" className="mt-1 text-xs text-bounced">
              Nobody would get a sender: give at least one mailbox a weight above 0. Not saved.
            </p>
          )}
          {stuck && (
            <p role="alert" className="mt-1 text-xs text-held">
              Every mailbox that can send now has weight 0: new people wait until another one can send.
            </p>
          )}
        </div>
      )}
      <label className="flex items-start justify-between gap-4">
        <span>
          <span className="block">Rather write from the recipient’s own provider</span>
          <span className="block text-xs text-ink-3">
            People at Google from mailboxes at Google, people at Microsoft from mailboxes at Microsoft; among
            several the shares decide, and for everybody else as well.{' '}
            {matchProvider && <ProvidersHere boxes={boxes} />}
          </span>
        </span>
        <Switch
          className="mt-0.5"
          checked={matchProvider}
          disabled={readOnly}
          onCheckedChange={onMatchProvider}
        />
      </label>
    </div>
  );
}

function ProvidersHere({ boxes }: { boxes: readonly SpreadBox[] }) {
  const of = (name: string) => boxes.filter((box) => largeProvider(box) === name).length;
  const found = (['Google', 'Microsoft'] as const).filter((name) => of(name) > 0);
  if (found.length === 0)
    return (
      <span className="text-held">
        None of the chosen mailboxes is at Google or Microsoft, so this changes nothing.
      </span>
    );
  return <>Chosen here: {found.map((name) => `${of(name)} at ${name}`).join(', ')}.</>;
}
