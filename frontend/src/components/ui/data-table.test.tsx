import type { RowSelectionState } from '@tanstack/react-table';
import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { expect, test, vi } from 'vitest';

import { DataTable, type DataColumn } from './data-table';

interface Row {
  id: string;
  name: string;
}
const rows: Row[] = [
  { id: 'a', name: 'Ada' },
  { id: 'b', name: 'Bo' },
];
const columns: DataColumn<Row>[] = [
  { id: 'name', header: 'Name', cell: (row) => row.name, sort: 'name' },
  { id: 'twice', header: 'Twice', cell: (row) => row.name.repeat(2), align: 'right' },
];

test('rows are links to their page, and j walks through them', async () => {
  render(
    <DataTable
      label="People"
      columns={columns}
      rows={rows}
      rowId={(row) => row.id}
      rowHref={(row) => `/p/${row.id}`}
      walk
    />,
  );
  expect(screen.getByRole('link', { name: 'Ada' })).toHaveAttribute('href', '/p/a');
  await userEvent.keyboard('jj');
  expect(screen.getByRole('link', { name: 'Bo' })).toHaveFocus();
});

test('all loaded rows can be selected, and one taken out again', async () => {
  function Selecting() {
    const [selected, setSelected] = useState<RowSelectionState>({});
    return (
      <>
        <output>
          {Object.keys(selected)
            .filter((id) => selected[id])
            .join(' ')}
        </output>
        <DataTable
          label="People"
          columns={columns}
          rows={rows}
          rowId={(row) => row.id}
          selected={selected}
          onSelect={setSelected}
        />
      </>
    );
  }
  render(<Selecting />);
  await userEvent.click(screen.getByRole('checkbox', { name: 'Select all loaded rows' }));
  expect(screen.getByRole('status')).toHaveTextContent('a b');
  const second = screen.getAllByRole('row')[2];
  await userEvent.click(within(second as HTMLElement).getByRole('checkbox'));
  expect(screen.getByRole('status')).toHaveTextContent('a');
});

test('a heading asks the server for the other order', async () => {
  const onSort = vi.fn();
  render(
    <DataTable
      label="People"
      columns={columns}
      rows={rows}
      rowId={(row) => row.id}
      sort="-name"
      onSort={onSort}
    />,
  );
  expect(screen.getByRole('columnheader', { name: 'Name' })).toHaveAttribute('aria-sort', 'descending');
  await userEvent.click(screen.getByRole('button', { name: 'Name' }));
  expect(onSort).toHaveBeenCalledWith('name');
});

test('no rows show what to do next, not an empty box', () => {
  render(
    <DataTable
      label="People"
      columns={columns}
      rows={[]}
      rowId={(row) => row.id}
      empty={<p>Import a file</p>}
    />,
  );
  expect(screen.getByText('Import a file')).toBeInTheDocument();
});

test('new columns draw the cells anew and leave what is in them: typed text, focus, what is open', async () => {
  const typing = (hint: string): DataColumn<Row>[] => [
    { id: 'name', header: 'Name', cell: (row) => row.name },
    { id: 'note', header: 'Note', cell: (row) => <input aria-label={`Note on ${row.name}`} title={hint} /> },
  ];
  const table = (hint: string) => (
    <DataTable label="People" columns={typing(hint)} rows={rows} rowId={(row) => row.id} />
  );
  const { rerender } = render(table('before'));
  const field = screen.getByLabelText('Note on Ada');
  await userEvent.type(field, 'calls back');
  rerender(table('after'));
  expect(screen.getByLabelText('Note on Ada')).toBe(field);
  expect(field).toHaveFocus();
  expect(field).toHaveValue('calls back');
  expect(field).toHaveAttribute('title', 'after');
});

test('what stands below the first cell is not part of the link of the row', async () => {
  const press = vi.fn();
  const below: DataColumn<Row>[] = [
    {
      id: 'name',
      header: 'Name',
      cell: (row) => row.name,
      below: (row) => (
        <button type="button" onClick={press}>
          Why {row.name}
        </button>
      ),
    },
  ];
  render(
    <DataTable
      label="People"
      columns={below}
      rows={rows}
      rowId={(row) => row.id}
      rowHref={(row) => `/p/${row.id}`}
    />,
  );
  const button = screen.getByRole('button', { name: 'Why Ada' });
  expect(button.closest('a')).toBeNull();
  await userEvent.click(button);
  expect(press).toHaveBeenCalledOnce();
});
