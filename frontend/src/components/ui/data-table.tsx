'use client';
import {
  columnVisibilityFeature,
  createColumnHelper,
  metaHelper,
  rowSelectionFeature,
  tableFeatures,
  useTable,
  type RowSelectionState,
} from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown, ArrowUp } from 'lucide-react';
import Link from 'next/link';
import { useEffect, useMemo, useRef, type ReactNode } from 'react';

import { useElementWidth } from '@/hooks/use-element-width';
import { useHotkeys } from '@/hooks/use-hotkeys';
import { cn } from '@/lib/cn';

import { Checkbox } from './checkbox';
import { Skeleton } from './states';

/** Narrower than this, the column is left out: the width of the table counts, not of the screen. */
const SHOWN_FROM = { sm: 520, md: 720, lg: 940, xl: 1160 } as const;
const VIRTUAL_FROM = 80;

interface Meta {
  width: string;
  align: 'left' | 'right';
  sort: string | undefined;
}

export interface DataColumn<Row> {
  id: string;
  header: ReactNode;
  cell: (row: Row) => ReactNode;
  /** On phones a line under the first cell; it may have buttons of its own, for it is not in the row's link. */
  below?: (row: Row) => ReactNode;
  /** A grid track: `minmax(12rem,2fr)`, `6rem`. */
  width?: string;
  align?: 'left' | 'right';
  from?: keyof typeof SHOWN_FROM;
  /** The name the server sorts by; the heading becomes a button. */
  sort?: string;
}

export interface DataTableProps<Row> {
  label: string;
  columns: readonly DataColumn<Row>[];
  rows: readonly Row[];
  rowId: (row: Row) => string;
  rowHref?: (row: Row) => string;
  onRowClick?: (row: Row) => void;
  loading?: boolean;
  /** Shown in place of rows when there are none. */
  empty?: ReactNode;
  /** Asked when the end comes near; more rows follow while `hasMore`. */
  onEnd?: () => void;
  hasMore?: boolean;
  sort?: string;
  onSort?: (sort: string) => void;
  hidden?: readonly string[];
  selected?: RowSelectionState;
  onSelect?: (selected: RowSelectionState) => void;
  rowHeight?: number;
  /** `j` and `k` walk the rows of this table. */
  walk?: boolean;
  className?: string;
}

const features = tableFeatures({
  rowSelectionFeature,
  columnVisibilityFeature,
  columnMeta: metaHelper<Meta>(),
});

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the library's own bound on rows
export function DataTable<Row extends Record<string, any>>(props: DataTableProps<Row>) {
  const { rows, rowId, selected, onSelect, rowHeight = 44 } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const width = useElementWidth(scroller);
  const columns = useMemo(() => {
    const make = createColumnHelper<typeof features, Row>();
    return make.columns(
      props.columns.map((column) =>
        make.display({
          id: column.id,
          meta: {
            width: column.width ?? 'minmax(6rem,1fr)',
            align: column.align ?? 'left',
            sort: column.sort,
          },
        }),
      ),
    );
  }, [props.columns]);
  // Drawn as parts of this table, not as components of their own: with new columns those would all be made anew, and
  // what somebody has open or is typing in a cell would be lost.
  const columnOf = useMemo(
    () => new Map(props.columns.map((column) => [column.id, column])),
    [props.columns],
  );
  const visibility = Object.fromEntries(
    props.columns.map(({ id, from }) => [
      id,
      !(props.hidden?.includes(id) ?? false) && (!from || width === 0 || width >= SHOWN_FROM[from]),
    ]),
  );
  const table = useTable({
    features,
    columns,
    data: rows as Row[],
    getRowId: rowId,
    state: { rowSelection: selected ?? {}, columnVisibility: visibility },
    onRowSelectionChange: (next) => onSelect?.(typeof next === 'function' ? next(selected ?? {}) : next),
  });
  const shown = table.getRowModel().rows;
  const virtual = shown.length > VIRTUAL_FROM;
  const virtualizer = useVirtualizer({
    count: shown.length,
    enabled: virtual,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 12,
  });
  useWalk(scroller, props.walk ?? false);
  useEndReached(scroller, props.hasMore ? props.onEnd : undefined, shown.length);

  const tracks = [
    ...(onSelect ? ['2.25rem'] : []),
    ...table.getVisibleLeafColumns().map((column) => column.columnDef.meta?.width ?? '1fr'),
  ].join(' ');
  const items = virtual
    ? virtualizer.getVirtualItems().map((item) => ({ index: item.index, start: item.start }))
    : shown.map((_, index) => ({ index, start: 0 }));

  return (
    <div
      ref={scroller}
      className={cn('scroll-slim relative overflow-auto rounded-lg border bg-panel', props.className)}
    >
      <div role="table" aria-label={props.label} aria-rowcount={shown.length} aria-busy={props.loading}>
        <div role="rowgroup" className="sticky top-0 z-20 border-b bg-panel">
          {table.getHeaderGroups().map((group) => (
            <div
              key={group.id}
              role="row"
              className="grid h-9 items-center text-xs text-ink-3"
              style={{ gridTemplateColumns: tracks }}
            >
              {onSelect && (
                <div role="columnheader" className="flex pl-3">
                  <Checkbox
                    aria-label="Select all loaded rows"
                    checked={
                      table.getIsAllRowsSelected() ||
                      (table.getIsSomeRowsSelected() ? 'indeterminate' : false)
                    }
                    onCheckedChange={(checked) => table.toggleAllRowsSelected(checked === true)}
                  />
                </div>
              )}
              {group.headers.map((header) => (
                <Heading
                  key={header.id}
                  meta={header.column.columnDef.meta}
                  sort={props.sort}
                  onSort={props.onSort}
                >
                  {columnOf.get(header.column.id)?.header}
                </Heading>
              ))}
            </div>
          ))}
        </div>
        <div
          role="rowgroup"
          className={cn(!virtual && 'divide-y')}
          style={virtual ? { height: virtualizer.getTotalSize(), position: 'relative' } : undefined}
        >
          {items.map(({ index, start }) => {
            const row = shown[index];
            if (!row) return null;
            const href = props.rowHref?.(row.original);
            const clickable = href !== undefined || props.onRowClick !== undefined;
            return (
              <div
                key={row.id}
                role="row"
                aria-rowindex={index + 1}
                aria-selected={onSelect ? row.getIsSelected() : undefined}
                className={cn(
                  'grid items-center',
                  clickable && 'relative hover:bg-hover has-[[data-row-link]:focus-visible]:bg-hover',
                  row.getIsSelected() && 'bg-accent-soft',
                  virtual && 'absolute inset-x-0 border-b',
                )}
                style={{
                  gridTemplateColumns: tracks,
                  height: rowHeight,
                  ...(virtual ? { transform: `translateY(${start}px)` } : {}),
                }}
              >
                {onSelect && (
                  <div role="cell" className="relative z-10 flex h-full items-center pl-3">
                    <Checkbox
                      aria-label="Select row"
                      checked={row.getIsSelected()}
                      onClick={row.getToggleSelectedHandler()}
                    />
                  </div>
                )}
                {row.getVisibleCells().map((cell, position) => (
                  <div
                    key={cell.id}
                    role="cell"
                    className={cn(
                      'min-w-0 truncate px-3',
                      cell.column.columnDef.meta?.align === 'right' && 'text-right',
                    )}
                  >
                    {position === 0 && clickable ? (
                      <>
                        <RowLink href={href} onClick={() => props.onRowClick?.(row.original)}>
                          {columnOf.get(cell.column.id)?.cell(row.original)}
                        </RowLink>
                        <span className="block truncate text-xs text-ink-3 sm:hidden">
                          {columnOf.get(cell.column.id)?.below?.(row.original)}
                        </span>
                      </>
                    ) : (
                      columnOf.get(cell.column.id)?.cell(row.original)
                    )}
                  </div>
                ))}
              </div>
            );
          })}
        </div>
        {(props.loading || props.hasMore) && (
          <div role="rowgroup">
            <LoadingRows rows={shown.length ? 2 : 8} height={rowHeight} />
          </div>
        )}
      </div>
      {!props.loading && shown.length === 0 && props.empty}
    </div>
  );
}

function Heading({
  meta,
  sort,
  onSort,
  children,
}: {
  meta: Meta | undefined;
  sort: string | undefined;
  onSort: ((sort: string) => void) | undefined;
  children: ReactNode;
}) {
  const name = meta?.sort;
  const up = name !== undefined && sort === name;
  const down = name !== undefined && sort === `-${name}`;
  const right = meta?.align === 'right';
  return (
    <div
      role="columnheader"
      aria-sort={up ? 'ascending' : down ? 'descending' : undefined}
      className={cn('flex min-w-0 items-center px-3 whitespace-nowrap', right && 'justify-end')}
    >
      {name && onSort ? (
        <button
          type="button"
          className="inline-flex items-center gap-1 hover:text-ink"
          onClick={() => onSort(down ? name : `-${name}`)}
        >
          {children}
          {up && <ArrowUp className="size-3" aria-hidden />}
          {down && <ArrowDown className="size-3" aria-hidden />}
        </button>
      ) : (
        <span className="truncate">{children}</span>
      )}
    </div>
  );
}

/** The first cell's link covers the row, so the whole row can be clicked and still is one link. */
function RowLink({
  href,
  onClick,
  children,
}: {
  href: string | undefined;
  onClick: () => void;
  children: ReactNode;
}) {
  const cover = 'block truncate text-left outline-none after:absolute after:inset-0';
  if (href === undefined)
    return (
      <button type="button" data-row-link className={cn(cover, 'w-full')} onClick={onClick}>
        {children}
      </button>
    );
  return (
    <Link href={href} prefetch={false} data-row-link className={cover}>
      {children}
    </Link>
  );
}

function LoadingRows({ rows, height }: { rows: number; height: number }) {
  return (
    <div role="row" aria-label="Loading" className="divide-y">
      <div role="cell" className="divide-y">
        {Array.from({ length: rows }, (_, row) => (
          <div key={row} className="flex items-center gap-6 px-3" style={{ height }}>
            <Skeleton className="h-3 w-2/5" />
            <Skeleton className="h-3 w-1/6" />
            <Skeleton className="h-3 w-1/12" />
          </div>
        ))}
      </div>
    </div>
  );
}

function useWalk(scroller: React.RefObject<HTMLDivElement | null>, enabled: boolean): void {
  const step = (by: number) => {
    const links = [...(scroller.current?.querySelectorAll<HTMLElement>('[data-row-link]') ?? [])];
    const at = links.findIndex((link) => link === document.activeElement);
    links[Math.min(Math.max(at + by, 0), links.length - 1)]?.focus();
  };
  useHotkeys({ j: () => step(1), k: () => step(-1) }, enabled);
}

function useEndReached(
  scroller: React.RefObject<HTMLDivElement | null>,
  onEnd: (() => void) | undefined,
  rows: number,
): void {
  useEffect(() => {
    const element = scroller.current;
    if (!element || !onEnd) return;
    const check = () => {
      if (element.scrollHeight - element.scrollTop - element.clientHeight < 600) onEnd();
    };
    check();
    element.addEventListener('scroll', check, { passive: true });
    return () => element.removeEventListener('scroll', check);
  }, [scroller, onEnd, rows]);
}
