import { act, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useEffect, useState } from 'react';
import { beforeEach, expect, test, vi } from 'vitest';

import { CommandPalette } from './command-palette';
import { orderGroups, type PaletteGroup } from './palette-order';

const ran: string[] = [];
beforeEach(() => void ran.splice(0));
const item = (label: string, keywords?: string[]) => ({
  id: label.toLowerCase(),
  label,
  ...(keywords ? { keywords } : {}),
  run: () => void ran.push(label),
});
const COMMANDS: PaletteGroup[] = [
  { heading: 'Go to', items: [item('Today'), item('Leads'), item('Mailboxes')] },
  { heading: 'Do', items: [item('Import leads', ['csv']), item('Keyboard'), item('Dark theme', ['mode'])] },
];
const found = (...names: string[]): PaletteGroup => ({
  heading: 'People',
  found: true,
  items: names.map((name) => item(name)),
});
const labels = (groups: readonly PaletteGroup[]) =>
  groups.flatMap((group) => group.items.map((one) => one.label));

test('a name opens that person, whatever command it might resemble', () => {
  expect(labels(orderGroups([...COMMANDS, found('Anna Bakke')], 'bakke'))).toEqual(['Anna Bakke']);
});

test('a command comes before what was found only when its name begins so', () => {
  const groups = [...COMMANDS, found('Lea Brandt')];
  expect(labels(orderGroups(groups, 'lea'))).toEqual(['Leads', 'Lea Brandt', 'Import leads']);
  expect(labels(orderGroups(groups, 'CSV'))).toEqual(['Lea Brandt', 'Import leads']);
  expect(labels(orderGroups(groups, ' '))).toEqual(labels(COMMANDS));
});

test('among what was found, the group whose names fit comes first', () => {
  const groups = [found('Ada Moor', 'Otto Berg'), { ...found('Berg outreach'), heading: 'Campaigns' }];
  expect(labels(orderGroups(groups, 'berg'))).toEqual(['Otto Berg', 'Ada Moor', 'Berg outreach']);
  expect(labels(orderGroups([found('Ada Moor'), groups[1]!], 'berg'))).toEqual(['Berg outreach', 'Ada Moor']);
});

/** The palette over a search that answers when the test says so. */
function renderPalette(): { type: (keys: string) => Promise<void>; answer: (...names: string[]) => void } {
  let tell: (names: string[]) => void = () => undefined;
  function Searched() {
    const [text, setText] = useState('');
    const [answer, setAnswer] = useState<{ of: string; names: string[] }>({ of: '', names: [] });
    useEffect(() => {
      tell = (names) => setAnswer({ of: text, names });
    });
    return (
      <CommandPalette
        open
        onOpenChange={vi.fn()}
        groups={[...COMMANDS, found(...answer.names)]}
        text={text}
        onText={setText}
        waiting={text !== '' && answer.of !== text}
      />
    );
  }
  render(<Searched />);
  return {
    type: (keys) => userEvent.type(screen.getByRole('combobox'), keys),
    answer: (...names) => act(() => tell(names)),
  };
}

test('Enter waits for the answer to what was typed', async () => {
  const { type, answer } = renderPalette();
  await type('ba');
  answer('Bastian Berg');
  await type('kke{Enter}');
  expect(ran).toEqual([]);
  answer('Anna Bakke');
  expect(ran).toEqual(['Anna Bakke']);
});

test('Enter does not wait for a command that is meant by its name', async () => {
  const { type } = renderPalette();
  await type('mail{Enter}');
  expect(ran).toEqual(['Mailboxes']);
});

test('what is chosen by the arrows is run, and the first of new answers is chosen by itself', async () => {
  const { type, answer } = renderPalette();
  await type('csv');
  answer('Carla Svensson', 'Cosima Vogt');
  expect(screen.getByRole('option', { selected: true })).toHaveTextContent('Carla Svensson');
  await type('{ArrowDown}');
  expect(screen.getByRole('option', { selected: true })).toHaveTextContent('Cosima Vogt');
  await type('{Enter}');
  expect(ran).toEqual(['Cosima Vogt']);
});

test('Enter on nothing does nothing, also when the answer is empty', async () => {
  const { type, answer } = renderPalette();
  await type('zzz{Enter}');
  answer();
  expect(screen.getByRole('status')).toHaveTextContent('Nothing by that name.');
  expect(ran).toEqual([]);
});
