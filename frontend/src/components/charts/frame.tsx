'use client';
import { ChartLine, Table2 } from 'lucide-react';
import { useState, type ReactNode } from 'react';

import { Button } from '@/components/ui/button';
import { cn } from '@/lib/cn';

export interface ChartTable {
  caption: string;
  head: readonly string[];
  rows: readonly (readonly (string | number)[])[];
}

/** A chart with its numbers one click away; screen readers get the table straight away. */
export function ChartFrame({
  table,
  children,
  legend,
  height = 220,
}: {
  table: ChartTable;
  children: ReactNode;
  legend?: ReactNode;
  height?: number;
}) {
  const [asTable, setAsTable] = useState(false);
  const Icon = asTable ? ChartLine : Table2;
  return (
    <figure>
      <div className="mb-2 flex min-h-7 items-center justify-between gap-2">
        <div className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-ink-2">{legend}</div>
        <Button variant="ghost" size="icon-sm" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
          <Icon aria-hidden />
          <span className="sr-only">{asTable ? 'Show as chart' : 'Show as table'}</span>
        </Button>
      </div>
      <div style={{ height }} className={cn('scroll-slim', asTable && 'overflow-auto')}>
        {!asTable && (
          <div aria-hidden className="h-full text-2xs">
            {children}
          </div>
        )}
        <NumbersTable table={table} visible={asTable} />
      </div>
    </figure>
  );
}

function NumbersTable({ table, visible }: { table: ChartTable; visible: boolean }) {
  return (
    <div className={visible ? undefined : 'sr-only'}>
      <table className="w-full text-xs">
        <caption className="sr-only">{table.caption}</caption>
        <thead className="text-left text-ink-3">
          <tr>
            {table.head.map((name, column) => (
              <th key={name} scope="col" className={cn('py-1 pr-4 font-normal', column > 0 && 'text-right')}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y">
          {table.rows.map((row) => (
            <tr key={String(row[0])}>
              {row.map((value, column) => (
                <td key={column} className={cn('py-1 pr-4', column > 0 && 'text-right')}>
                  {value}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function LegendItem({ color, label, hatched }: { color: string; label: string; hatched?: boolean }) {
  return (
    <span className="inline-flex items-center gap-1.5">
      <span
        aria-hidden
        className={cn('size-2.5 rounded-[2px]', hatched && 'hatched')}
        style={hatched ? { color } : { background: color }}
      />
      {label}
    </span>
  );
}
