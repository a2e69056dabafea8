import type { ReactNode } from 'react';

import { cn } from '@/lib/cn';
import { count, rate } from '@/lib/format';

import type { Figures } from '../api/get-overview';

export interface FiguresTableRow {
  id: string;
  name: ReactNode;
  note?: ReactNode;
  figures: Figures;
}

/** Figures side by side: by step and variant, by mailbox, by campaign. Rates stand under their counts. */
export function FiguresTable({
  label,
  first,
  rows,
  empty,
}: {
  label: string;
  first: string;
  rows: readonly FiguresTableRow[];
  empty: string;
}) {
  if (rows.length === 0) return <p className="px-4 py-6 text-center text-ink-2">{empty}</p>;
  return (
    <div className="scroll-slim overflow-x-auto" role="region" aria-label={`${label}, table`} tabIndex={0}>
      <table aria-label={label} className="w-full min-w-[33rem] table-fixed">
        <thead className="text-left text-xs text-ink-3">
          <tr className="border-b">
            <th scope="col" className="sticky left-0 h-9 bg-panel px-4 font-normal">
              {first}
            </th>
            {['Sent', 'Opened', 'Clicked', 'Replied', 'Bounced', 'Unsub.'].map((head) => (
              <th key={head} scope="col" className="w-17 px-2 text-right font-normal last:w-19 last:pr-4">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y">
          {rows.map(({ id, name, note, figures }) => (
            <tr key={id} className="align-top">
              <th scope="row" className="sticky left-0 bg-panel px-4 py-2 text-left font-normal">
                <span
                  className="block truncate font-medium"
                  title={typeof name === 'string' ? name : undefined}
                >
                  {name}
                </span>
                {note && <span className="block truncate text-xs text-ink-3">{note}</span>}
              </th>
              <Cell value={figures.sent} />
              <Cell value={figures.opened} of={figures.delivered} machine={figures.opened_machine} />
              <Cell value={figures.clicked} of={figures.delivered} machine={figures.clicked_machine} />
              <Cell value={figures.replied} of={figures.delivered} tone="text-replied" />
              <Cell value={figures.bounced} of={figures.attempted} tone="text-bounced" />
              <Cell value={figures.unsubscribed} of={figures.delivered} />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cell({ value, of, tone, machine }: { value: number; of?: number; tone?: string; machine?: number }) {
  return (
    <td className="px-2 py-2 text-right whitespace-nowrap last:pr-4">
      <span className={cn(value > 0 ? tone : 'text-ink-3')}>{count(value)}</span>
      {of !== undefined && value > 0 && <span className="block text-2xs text-ink-3">{rate(value, of)}</span>}
      {machine ? <span className="block text-2xs text-ink-3">+{count(machine)} auto</span> : null}
    </td>
  );
}
