import { count, rate, RATE_FLOOR } from '@/lib/format';

import { toneFill, toneText, type Tone } from '../ui/status';

export interface FunnelStage {
  label: string;
  value: number;
  tone: Tone;
  /** What its rate is a share of, as in every other place that tells it; none where it would be the whole. */
  share?: { of: number; noun: string };
  /** What a machine did beside the human figure; drawn hatched. */
  machine?: number | undefined;
  note?: string;
}

/** Stages drawn against one whole: each with its number, its rate of what it says, and machine activity apart. */
export function Funnel({ stages, of }: { stages: readonly FunnelStage[]; of: number }) {
  return (
    <>
      <dl className="space-y-2.5">
        {stages.map((stage) => (
          <div key={stage.label} className="grid grid-cols-[6.5rem_1fr_auto] items-center gap-3">
            <dt className={toneText[stage.tone]}>{stage.label}</dt>
            <dd className="flex h-2.5 overflow-hidden rounded-[3px] bg-idle-soft">
              <span
                className={toneFill[stage.tone]}
                style={{ width: `${of ? Math.min(100, (stage.value / of) * 100) : 0}%` }}
              />
              {stage.machine ? (
                <span
                  className="hatched text-idle"
                  style={{ width: `${of ? Math.min(100, (stage.machine / of) * 100) : 0}%` }}
                />
              ) : null}
            </dd>
            <dd className="min-w-28 text-right">
              <span className="font-medium">{count(stage.value)}</span>{' '}
              <span className="text-xs text-ink-3">
                {stage.share && stage.share.of >= RATE_FLOOR
                  ? `${rate(stage.value, stage.share.of)} of ${stage.share.noun}`
                  : ''}
              </span>
              {stage.machine ? (
                <span className="block text-2xs text-ink-3">+ {count(stage.machine)} by machines</span>
              ) : null}
            </dd>
          </div>
        ))}
      </dl>
      {of > 0 && of < RATE_FLOOR && (
        <p className="mt-3 text-xs text-ink-3">Too few for rates: they are shown from {RATE_FLOOR} on.</p>
      )}
    </>
  );
}
