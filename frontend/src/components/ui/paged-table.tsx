'use client';
import type { Pages } from '@/hooks/use-pages';

import { Boundary } from './boundary';
import { DataTable, type DataTableProps } from './data-table';
import { ErrorState } from './states';

export interface PagedTableProps<Row> extends Omit<
  DataTableProps<Row>,
  'rows' | 'loading' | 'hasMore' | 'onEnd'
> {
  pages: Pages<Row>;
}

/** A table that reads on as its end comes near. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the bound of the table itself
export function PagedTable<Row extends Record<string, any>>({ pages, ...props }: PagedTableProps<Row>) {
  if (pages.error) return <ErrorState error={pages.error} onRetry={pages.retry} />;
  return (
    <Boundary>
      <DataTable
        {...props}
        rows={pages.rows}
        loading={pages.isPending}
        hasMore={pages.hasMore}
        onEnd={pages.readMore}
      />
    </Boundary>
  );
}
