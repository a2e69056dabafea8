import { act, fireEvent, render, screen } from '@testing-library/react';
import { useState } from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { SearchField } from './search-field';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const told: string[] = [];
afterEach(() => void told.splice(0));

/** An owner that follows `lag` ms behind, as the address does. */
function Owner({ lag = 0, shown = true }: { lag?: number; shown?: boolean }) {
  const [value, setValue] = useState('');
  const tell = (next: string) => {
    told.push(next);
    setTimeout(() => act(() => setValue(next)), lag);
  };
  return (
    <>
      {shown && <SearchField label="Search people" value={value} onValueChange={tell} />}
      <button onClick={() => setValue('from elsewhere')}>Elsewhere</button>
      <output>{value}</output>
    </>
  );
}

const field = () => screen.getByLabelText<HTMLInputElement>('Search people');
const press = (text: string) => fireEvent.change(field(), { target: { value: text } });
const wait = (ms: number) =>
  act(() => {
    vi.advanceTimersByTime(ms);
  });

/** As a hand types: each key after the last, onto what the field shows by then. */
function typeAt(ms: number, word: string): void {
  act(() => field().focus());
  for (const letter of word) {
    press(field().value + letter);
    wait(ms);
  }
}

test.each([30, 60, 100, 150, 260, 400])(
  'no letter is lost at %i ms a key, however late the address',
  (ms) => {
    render(<Owner lag={330} />);
    typeAt(ms, 'muellerbau');
    expect(field()).toHaveValue('muellerbau');
    wait(2_000);
    expect(field()).toHaveValue('muellerbau');
    expect(screen.getByRole('status')).toHaveTextContent('muellerbau');
  },
);

test('it is told after a pause, not at every key', () => {
  render(<Owner />);
  typeAt(30, 'bakke');
  expect(told).toEqual([]);
  wait(300);
  expect(told).toEqual(['bakke']);
});

test('Enter tells at once, and only once', () => {
  render(<Owner />);
  typeAt(10, 'ada');
  fireEvent.keyDown(field(), { key: 'Enter' });
  expect(told).toEqual(['ada']);
  wait(1_000);
  expect(told).toEqual(['ada']);
});

test('Escape clears and tells at once; in an empty field it is left to the page', () => {
  render(<Owner />);
  typeAt(10, 'ada');
  wait(500);
  expect(fireEvent.keyDown(field(), { key: 'Escape' })).toBe(false);
  expect(field()).toHaveValue('');
  expect(told).toEqual(['ada', '']);
  expect(fireEvent.keyDown(field(), { key: 'Escape' })).toBe(true);
});

test('a change from elsewhere is taken over, and what was typed before it is not told any more', () => {
  render(<Owner />);
  typeAt(10, 'ada');
  fireEvent.click(screen.getByText('Elsewhere'));
  expect(field()).toHaveValue('from elsewhere');
  wait(1_000);
  expect(field()).toHaveValue('from elsewhere');
  expect(told).toEqual([]);
});

test('what is typed is told when the field is left, and when it goes away', () => {
  const { rerender } = render(<Owner />);
  typeAt(10, 'ada');
  fireEvent.blur(field());
  expect(told).toEqual(['ada']);
  press('ada moor');
  rerender(<Owner shown={false} />);
  expect(told).toEqual(['ada', 'ada moor']);
});
