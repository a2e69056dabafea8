'use client';
import { ArrowRight } from 'lucide-react';

import { Select } from '@/components/ui/input';
import { cn } from '@/lib/cn';

import type { ImportPreview } from '../api/imports';
import { COLUMNS, customKey } from '../model';

/** Each column of the file, what is in it, and where it goes. */
export function MappingTable({
  preview,
  mapping,
  onChange,
}: {
  preview: ImportPreview;
  mapping: Readonly<Record<string, string>>;
  onChange: (mapping: Record<string, string>) => void;
}) {
  return (
    <div className="scroll-slim overflow-x-auto">
      <table className="w-full sm:min-w-[36rem]" aria-label="Columns of the file">
        <thead className="text-left text-xs text-ink-3">
          <tr className="border-b">
            <th scope="col" className="h-9 px-4 font-normal">
              Column of the file
            </th>
            <th scope="col" className="px-2 font-normal max-sm:hidden">
              The first rows
            </th>
            <th scope="col" className="w-52 px-4 font-normal sm:w-64">
              Goes to
            </th>
          </tr>
        </thead>
        <tbody className="divide-y">
          {preview.headers.map((header, position) => {
            const target = mapping[header] ?? '';
            const own = `custom:${customKey(header)}`;
            const sample = preview.rows
              .slice(0, 3)
              .map((row) => row[position] ?? '')
              .filter(Boolean);
            const unlisted = target && target !== own && !COLUMNS.some((one) => one.value === target);
            return (
              <tr key={`${header}${position}`} className={cn(!target && 'text-ink-3')}>
                <th
                  scope="row"
                  title={header}
                  className="max-w-36 truncate px-4 py-2 text-left font-medium sm:max-w-48"
                >
                  {header || `Column ${position + 1}`}
                  <span className="block truncate text-xs font-normal text-ink-2 sm:hidden">
                    {sample.join(' · ') || 'empty'}
                  </span>
                </th>
                <td className="max-w-72 truncate px-2 text-xs text-ink-2 max-sm:hidden">
                  {sample.join(' · ') || 'empty'}
                </td>
                <td className="px-4 py-1.5">
                  <span className="flex items-center gap-2">
                    <ArrowRight className="size-3.5 shrink-0 text-ink-3" aria-hidden />
                    <Select
                      aria-label={`Where ${header} goes`}
                      title={target === own ? `own field “${customKey(header)}”` : undefined}
                      value={target}
                      onChange={(event) => onChange({ ...mapping, [header]: event.target.value })}
                    >
                      <option value="">leave out</option>
                      {COLUMNS.map((column) => (
                        <option key={column.value} value={column.value}>
                          {column.label}
                        </option>
                      ))}
                      <option value={own}>own field “{customKey(header)}”</option>
                      {unlisted && <option value={target}>{target.replace('custom:', 'own field ')}</option>}
                    </Select>
                  </span>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
