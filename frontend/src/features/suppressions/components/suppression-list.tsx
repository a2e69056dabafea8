'use client';
import { Trash2 } from 'lucide-react';
import { useState } from 'react';

import { Button } from '@/components/ui/button';
import { Confirm } from '@/components/ui/dialog';
import { Input } from '@/components/ui/input';
import { useRowSurface } from '@/components/ui/row-surface';
import { SearchField } from '@/components/ui/search-field';
import { PagedList } from '@/components/ui/paged-list';
import { toast, toastError } from '@/components/ui/toast';
import { useUnsaved } from '@/hooks/use-unsaved';
import { day } from '@/lib/format';

import {
  useAddSuppression,
  useDeleteSuppression,
  useSuppressions,
  type Suppression,
} from '../api/suppressions';

/** Who must not be written to. It outlives the lead, and no import gets round it. */
export function SuppressionList({ canAdd, canDelete }: { canAdd: boolean; canDelete: boolean }) {
  const [q, setQ] = useState('');
  const list = useSuppressions(q.trim());
  return (
    <>
      <div className="flex flex-wrap items-center gap-2 border-b px-4 py-3">
        <SearchField
          label="Search addresses"
          placeholder="Address or domain"
          value={q}
          onValueChange={setQ}
          className="w-full sm:w-56"
        />
        <span className="flex-1" />
        {canAdd && <AddOne />}
      </div>
      <PagedList
        pages={list}
        skeleton={4}
        more="More"
        empty={
          q ? 'No such address or domain.' : 'Nobody yet. Who unsubscribes or bounces comes here by itself.'
        }
      >
        {(rows) => (
          <ul className="divide-y">
            {rows.map((row) => (
              <Line key={row.id} row={row} canDelete={canDelete} />
            ))}
          </ul>
        )}
      </PagedList>
    </>
  );
}

function AddOne() {
  const [value, setValue] = useState('');
  useUnsaved(value.trim() !== '');
  const add = useAddSuppression();
  return (
    <form
      className="flex gap-2 max-sm:w-full"
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate(value.trim(), {
          onSuccess: () => {
            toast(`${value.trim()} will not be written to`);
            setValue('');
          },
          onError: toastError,
        });
      }}
    >
      <Input
        aria-label="Address or domain to add"
        placeholder="Add an address or a domain"
        value={value}
        onChange={(event) => setValue(event.target.value)}
        className="w-full sm:w-60"
      />
      <Button type="submit" loading={add.isPending} disabled={value.trim().length < 3}>
        Add
      </Button>
    </form>
  );
}

/** How it came to be known. */
const SOURCES: Record<string, string> = {
  'one click': 'in their mail app',
  page: 'on the unsubscribe page',
  reply: 'in a reply',
  mail: 'by mail',
  report: 'after delivery',
  sending: 'while sending',
  import: 'in an imported file',
};

function sourceOf(row: Suppression): string {
  // Who or which file it was stands behind the colon.
  const words = SOURCES[row.source.replaceAll('_', ' ').split(':')[0] ?? ''];
  return words ? `, ${words}` : '';
}

function Line({ row, canDelete }: { row: Suppression; canDelete: boolean }) {
  const remove = useDeleteSuppression();
  const surface = useRowSurface(`suppression ${row.id}`);
  const ask = () =>
    surface.open((close) => (
      <Confirm
        open
        onOpenChange={(open) => !open && close()}
        title={`Allow ${row.value} again?`}
        description="Only if this person has asked for it: writing to somebody who unsubscribed is against the law in many countries."
        action="Allow again"
        danger
        onConfirm={() =>
          remove.mutateAsync(row.id).catch((error: unknown) => {
            toastError(error);
            throw error;
          })
        }
      />
    ));
  return (
    <li className="flex items-center gap-4 px-4 py-2">
      {/* On phones the reason stands under the address: beside it, nothing would be left of either. */}
      <span className="min-w-0 flex-1 md:flex md:items-center md:gap-4">
        <span
          className="block min-w-0 flex-1 truncate font-medium"
          title={row.kind === 'hash' ? undefined : row.value}
        >
          {row.kind === 'hash' ? 'An erased person' : row.value}
        </span>
        <span className="block shrink-0 text-ink-2 max-md:text-xs md:w-56 md:text-right">
          {row.words}
          <span className="text-xs text-ink-3">{sourceOf(row)}</span>
        </span>
      </span>
      <span className="w-16 text-right text-xs text-ink-3">{day(row.created_at)}</span>
      {canDelete && (
        <Button variant="ghost" size="icon-sm" aria-label={`Allow ${row.value} again`} onClick={ask}>
          <Trash2 aria-hidden />
        </Button>
      )}
    </li>
  );
}
