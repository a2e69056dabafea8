import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test } from 'vitest';

import { DataTable, type DataColumn } from './data-table';
import { Confirm } from './dialog';
import { RowSurfaces, useRowPopover, useRowSurface } from './row-surface';

interface Row {
  id: string;
}

function Why({ id }: Row) {
  const popover = useRowPopover(`why ${id}`, { label: `Why ${id}`, children: <p>Because of {id}</p> });
  return (
    <button type="button" {...popover}>
      Ask {id}
    </button>
  );
}

function Remove({ id }: Row) {
  const surface = useRowSurface(`remove ${id}`);
  return (
    <button
      type="button"
      onClick={() =>
        surface.open((close) => (
          <Confirm
            open
            onOpenChange={(open) => !open && close()}
            title={`Remove ${id}?`}
            description=""
            action="Remove"
            onConfirm={() => undefined}
          />
        ))
      }
    >
      Drop {id}
    </button>
  );
}

const columns: DataColumn<Row>[] = [
  { id: 'why', header: 'Why', cell: ({ id }) => <Why id={id} /> },
  { id: 'remove', header: 'Remove', cell: ({ id }) => <Remove id={id} /> },
];

const list = (...ids: string[]) => (
  <RowSurfaces>
    <DataTable label="Rows" columns={columns} rows={ids.map((id) => ({ id }))} rowId={({ id }) => id} />
  </RowSurfaces>
);

test('what a row opened stays when the row is moved and when it is gone, and Escape closes it', async () => {
  const { rerender } = render(list('a', 'b'));
  await userEvent.click(screen.getByRole('button', { name: 'Ask a' }));
  const told = screen.getByRole('dialog', { name: 'Why a' });
  rerender(list('b', 'a'));
  expect(screen.getByRole('dialog', { name: 'Why a' })).toBe(told);
  rerender(list('b'));
  expect(screen.getByRole('dialog', { name: 'Why a' })).toBe(told);
  await userEvent.keyboard('{Escape}');
  expect(screen.queryByRole('dialog')).toBeNull();
});

test('its button says that it is open, closes it by a second press, and has the focus back', async () => {
  render(list('a'));
  const button = screen.getByRole('button', { name: 'Ask a' });
  expect(button).toHaveAttribute('aria-expanded', 'false');
  await userEvent.click(button);
  expect(button).toHaveAttribute('aria-expanded', 'true');
  await userEvent.click(button);
  expect(screen.queryByRole('dialog')).toBeNull();
  await userEvent.click(button);
  await userEvent.keyboard('{Escape}');
  expect(button).toHaveFocus();
});

test('the popover of another row takes its place', async () => {
  render(list('a', 'b'));
  await userEvent.click(screen.getByRole('button', { name: 'Ask a' }));
  await userEvent.click(screen.getByRole('button', { name: 'Ask b' }));
  expect(screen.getByRole('dialog', { name: 'Why b' })).toBeVisible();
  expect(screen.queryByRole('dialog', { name: 'Why a' })).toBeNull();
});

test('a question stays until it is answered, though its row is gone', async () => {
  const { rerender } = render(list('a'));
  await userEvent.click(screen.getByRole('button', { name: 'Drop a' }));
  rerender(list('b'));
  expect(screen.getByRole('alertdialog')).toHaveTextContent('Remove a?');
  await userEvent.click(screen.getByRole('button', { name: 'Remove' }));
  expect(screen.queryByRole('alertdialog')).toBeNull();
});
