import { fireEvent, render, screen, within } from '@testing-library/react';
import { expect, test } from 'vitest';

import { MailboxShare, savableWeights, SpreadChoice, useSpread } from './mailbox-spread';

/** The form around these is heavy to draw, and has its own test. */
const box = (id: string, more = {}) => ({
  id,
  email_address: `${id}@example.com`,
  is_active: true,
  status: 'connected',
  provider: 'smtp',
  smtp: { host: 'smtp.example.com' },
  ...more,
});

interface Shown {
  weights: Record<string, number>;
  boxes?: ReturnType<typeof box>[];
  running?: boolean;
  readOnly?: boolean;
  matchProvider?: boolean;
}

function Spreading({ weights, running = false, readOnly = false, matchProvider = false, ...shown }: Shown) {
  const boxes = shown.boxes ?? Object.keys(weights).map((id) => box(id));
  const [spread, setSpread] = useSpread(weights);
  const ids = boxes.map((one) => one.id);
  return (
    <>
      <ul>
        {boxes.map((one) => (
          <li key={one.id} aria-label={one.id}>
            <MailboxShare box={one} {...{ boxes, spread, readOnly }} onChange={setSpread} />
          </li>
        ))}
      </ul>
      <SpreadChoice
        {...{ boxes, spread, running, readOnly, matchProvider }}
        onChange={setSpread}
        onMatchProvider={() => undefined}
      />
      <output>{JSON.stringify(savableWeights(spread, ids))}</output>
    </>
  );
}

const show = (shown: Shown) => render(<Spreading {...shown} />);
const share = (id: string) => screen.getByRole('listitem', { name: id });
const weight = (id: string) => screen.getByLabelText(`Weight of ${id}@example.com`);
const choose = (name: string) => fireEvent.click(screen.getByRole('radio', { name }));
const type = (id: string, value: string) => fireEvent.change(weight(id), { target: { value } });
const savable = () => JSON.parse(screen.getByRole('status').textContent ?? '') as unknown;

test('new people are spread evenly unless weights say otherwise', () => {
  show({ weights: { ana: 1, ben: 1, cleo: 1 } });
  expect(screen.getByRole('radio', { name: 'Evenly' })).toBeChecked();
  expect(share('ben')).toHaveTextContent('33.3 %');
  expect(screen.queryByLabelText(/^Weight of/)).toBeNull();
});

test('weights that were saved are shown again with the share each gives', () => {
  show({ weights: { ana: 3, ben: 1, cleo: 0 } });
  expect(screen.getByRole('radio', { name: 'By weight' })).toBeChecked();
  expect(weight('ana')).toHaveValue('3');
  expect(share('ana')).toHaveTextContent('75 %');
  expect(share('cleo')).toHaveTextContent('0 %');
});

test('a weight changes every share', () => {
  show({ weights: { ana: 1, ben: 1 } });
  choose('By weight');
  type('ana', '4');
  expect(share('ana')).toHaveTextContent('80 %');
  expect(savable()).toEqual({ ana: 4, ben: 1 });
});

test('evenly again says so for every mailbox, whatever was typed', () => {
  show({ weights: { ana: 3, ben: 0 } });
  choose('Evenly');
  expect(share('ben')).toHaveTextContent('50 %');
  expect(savable()).toEqual({ ana: 1, ben: 1 });
});

test.each([
  ['2.5', 'not “2.5”'],
  ['101', 'At most 100'],
  ['-1', 'not “-1”'],
])('a weight of %s is told at its field and cannot be saved', (text, words) => {
  show({ weights: { ana: 2, ben: 1 } });
  type('ana', text);
  expect(within(share('ana')).getByRole('alert')).toHaveTextContent(words);
  expect(weight('ana')).toBeInvalid();
  expect(share('ben')).toHaveTextContent('–');
  expect(savable()).toBeNull();
});

test('weights that leave nobody a sender are refused', () => {
  show({ weights: { ana: 2, ben: 0 } });
  type('ana', '0');
  expect(screen.getByRole('alert')).toHaveTextContent('give at least one mailbox a weight above 0');
  expect(savable()).toBeNull();
});

test('one mailbox alone gets everybody, whatever it weighed', () => {
  show({ weights: { ana: 0 } });
  expect(share('ana')).toHaveTextContent('100 %');
  expect(screen.queryByLabelText(/^Weight of/)).toBeNull();
});

test('the share of a mailbox that cannot send goes to the others', () => {
  show({ weights: { ana: 1, ben: 1 }, boxes: [box('ana'), box('ben', { is_active: false })] });
  expect(share('ana')).toHaveTextContent('100 %');
  expect(share('ben')).toHaveTextContent('0 %');
});

test('a running campaign says whom a change concerns', () => {
  show({ weights: { ana: 1, ben: 1 }, running: true });
  expect(screen.getByText(/people who have no message yet/)).toBeVisible();
});

test('how many mailboxes are at the provider that goes first', () => {
  const boxes = [box('ana', { smtp: { host: 'smtp.gmail.com' } }), box('ben')];
  show({ weights: { ana: 1, ben: 1 }, boxes, matchProvider: true });
  expect(screen.getByText(/Chosen here: 1 at Google/)).toBeVisible();
});

test('an archived campaign shows shares and lets nothing be changed', () => {
  show({ weights: { ana: 3, ben: 1 }, readOnly: true });
  expect(weight('ana')).toBeDisabled();
  expect(screen.queryByRole('radio', { name: 'Evenly' })).toBeNull();
});
