'use client';
import { Select } from '@/components/ui/input';
import { Notice } from '@/components/ui/states';
import { count, plural } from '@/lib/format';

import type { ImportPreview } from '../api/imports';
import { SUPPRESSING } from '../model';

/** Chosen where a column says nothing about who may be written to. */
export const LEAVE_OUT = 'leave-out';

type Answers = Readonly<Record<string, string>>;

/** Columns that may say who must not be written to, and about which nobody has said what they mean. */
export function openQuestions(preview: ImportPreview, mapping: Answers, answers: Answers): string[] {
  return (preview.questions ?? [])
    .filter(({ code, header }) => code === 'opting_out' && !mapping[header] && !answers[header])
    .map(({ header }) => header);
}

/** What a person should decide or know before the import: doubtful columns and cells. */
export function ImportQuestions({
  preview,
  mapping,
  answers,
  onAnswer,
}: {
  preview: ImportPreview;
  mapping: Answers;
  answers: Answers;
  /** A target of the mapping, or `LEAVE_OUT`. */
  onAnswer: (header: string, answer: string) => void;
}) {
  const questions = preview.questions ?? [];
  const doubtful = questions.filter(({ code }) => code === 'opting_out');
  const names = questions.filter(({ code }) => code === 'perhaps_a_name');
  const emptied = Object.entries(preview.emptied ?? {}).toSorted(([, a], [, b]) => b - a);
  const cells = emptied.reduce((all, [, n]) => all + n, 0);
  return (
    <>
      {doubtful.length > 0 && (
        <Notice
          tone="bounced"
          className="rounded-none border-b px-4 py-3"
          title="Who must not be written to?"
        >
          <p className="text-ink-2">
            {doubtful.length === 1 ? 'This column' : 'These columns'} may say so. Choose what{' '}
            {doubtful.length === 1 ? 'it means' : 'they mean'}: who is marked goes on the do-not-contact list.
          </p>
          <ul className="mt-2 space-y-2">
            {doubtful.map(({ header, values }) => (
              <li key={header} className="flex flex-wrap items-center gap-x-3 gap-y-1">
                <span className="min-w-0 flex-1 basis-48">
                  <span className="font-medium">{header}</span>
                  <span className="block truncate text-xs text-ink-2">{values.join(' · ') || 'empty'}</span>
                </span>
                <Select
                  aria-label={`What ${header} means`}
                  className="w-64 max-w-full"
                  value={mapping[header] || answers[header] || ''}
                  onChange={(event) => onAnswer(header, event.target.value)}
                >
                  <option value="">Choose…</option>
                  {SUPPRESSING.map(({ value, label }) => (
                    <option key={value} value={value}>
                      {label}
                    </option>
                  ))}
                  <option value={LEAVE_OUT}>Nothing of the kind: leave it out</option>
                </Select>
              </li>
            ))}
          </ul>
        </Notice>
      )}
      {names.length > 0 && (
        <Notice
          tone="held"
          className="rounded-none border-b px-4"
          title={names.length === 1 ? 'A name, or an empty cell?' : 'Names, or empty cells?'}
        >
          <ul>
            {names.map(({ header, detail }) => (
              <li key={header}>
                {header}: {detail}
              </li>
            ))}
          </ul>
        </Notice>
      )}
      {cells > 0 && (
        <Notice
          tone="idle"
          className="rounded-none border-b px-4"
          title={`${plural(cells, 'cell')} that ${cells === 1 ? 'means' : 'mean'} nothing ${cells === 1 ? 'counts' : 'count'} as empty`}
        >
          <p className="text-ink-2">
            {emptied.map(([text, n]) => `“${text}” ${count(n)} ×`).join(', ')}, in the rows looked at.
          </p>
        </Notice>
      )}
    </>
  );
}
