import type { ReactNode } from 'react';

import type { Pages } from '@/hooks/use-pages';

import { Boundary } from './boundary';
import { Button } from './button';
import { ErrorState, SkeletonRows } from './states';

/** The rows that were read, and a button for those that follow. */
export function PagedList<Row>({
  pages,
  skeleton,
  empty,
  more = 'Show earlier',
  children,
}: {
  pages: Pages<Row>;
  /** How many rows stand there while the first page comes. */
  skeleton: number;
  empty: ReactNode;
  more?: string;
  children: (rows: readonly Row[]) => ReactNode;
}) {
  if (pages.isPending) return <SkeletonRows rows={skeleton} />;
  if (pages.error) return <ErrorState error={pages.error} onRetry={pages.retry} />;
  if (pages.rows.length === 0)
    return typeof empty === 'string' ? <p className="px-4 py-8 text-center text-ink-2">{empty}</p> : empty;
  return (
    <>
      <Boundary>{() => children(pages.rows)}</Boundary>
      {pages.hasMore && (
        <div className="border-t p-2 text-center">
          <Button variant="ghost" size="sm" loading={pages.isReadingMore} onClick={pages.readMore}>
            {more}
          </Button>
        </div>
      )}
    </>
  );
}
