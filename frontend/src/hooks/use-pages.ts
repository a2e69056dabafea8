'use client';
import { keepPreviousData, useInfiniteQuery, type QueryKey } from '@tanstack/react-query';
import { useMemo } from 'react';

import { UnreadableError } from '@/lib/problem';

interface Page<Row> {
  items: Row[];
  next_cursor: string | null;
  total?: number | null;
}

/** A list that is read page by page, as far as it has been read. */
export interface Pages<Row> {
  rows: readonly Row[];
  /** How many there are in all, where the server counts them. */
  total: number | null | undefined;
  isPending: boolean;
  error: Error | null;
  hasMore: boolean;
  isReadingMore: boolean;
  /** Asks for the next page; while one is under way, nothing. */
  readMore: () => void;
  retry: () => void;
}

/** Reads a list of the API: each page names the cursor of the next, the last one none. */
export function usePages<Row>({
  key,
  read,
  keepPrevious = false,
  enabled = true,
  staleTime,
}: {
  key: QueryKey;
  read: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<Row>>;
  /** Other rows stay in view until those of a new filter are there. */
  keepPrevious?: boolean;
  enabled?: boolean;
  staleTime?: number;
}): Pages<Row> {
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: async ({ signal, pageParam }) => {
      const page: Page<Row> | null | undefined = await read(pageParam, signal);
      // Anything else would fail far from here, where the rows are drawn.
      if (!Array.isArray(page?.items)) throw new UnreadableError('', page);
      return page;
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    enabled,
    ...(keepPrevious ? { placeholderData: keepPreviousData } : {}),
    ...(staleTime === undefined ? {} : { staleTime }),
  });
  const { data } = query;
  return {
    rows: useMemo(() => data?.pages.flatMap((page) => page.items) ?? [], [data]),
    total: data?.pages[0]?.total,
    isPending: query.isPending,
    // What was read stays when it cannot be read anew.
    error: query.isLoadingError ? query.error : null,
    hasMore: query.hasNextPage,
    isReadingMore: query.isFetchingNextPage,
    readMore: () => !query.isFetchingNextPage && void query.fetchNextPage(),
    retry: () => void query.refetch(),
  };
}
