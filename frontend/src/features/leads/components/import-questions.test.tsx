import { fireEvent, render, screen } from '@testing-library/react';
import { useState } from 'react';
import { expect, test } from 'vitest';

import type { ImportPreview } from '../api/imports';
import { ImportQuestions, openQuestions } from './import-questions';

const preview: ImportPreview = {
  encoding: 'utf-8',
  delimiter: ',',
  headers: ['Email', 'Lead Status', 'Name'],
  mapping: { Email: 'email', Name: 'last_name' },
  rows: [],
  problems: [],
  questions: [
    { code: 'opting_out', header: 'Lead Status', detail: '', values: ['Opted out', 'New'] },
    { code: 'perhaps_a_name', header: 'Name', detail: '“Null” may be a name; it is kept.', values: ['Null'] },
  ],
  emptied: { NULL: 1, '#N/A': 12 },
};

function Asking() {
  const [answers, setAnswers] = useState<Record<string, string>>({});
  return (
    <>
      <ImportQuestions
        preview={preview}
        mapping={preview.mapping}
        answers={answers}
        onAnswer={(header, answer) => setAnswers({ ...answers, [header]: answer })}
      />
      <output>{openQuestions(preview, preview.mapping, answers).join()}</output>
    </>
  );
}

test.each(['suppress:unsubscribed', 'leave-out'])(
  'a heading that speaks of opting out is asked about until it is said: %s',
  (answer) => {
    render(<Asking />);
    expect(screen.getByText('Opted out · New')).toBeVisible();
    expect(screen.getByRole('status')).toHaveTextContent('Lead Status');
    const choice = screen.getByLabelText('What Lead Status means');
    fireEvent.change(choice, { target: { value: answer } });
    expect(choice).toHaveValue(answer);
    expect(screen.getByRole('status')).toBeEmptyDOMElement();
  },
);

test('what the mapping says already is no open question', () => {
  expect(openQuestions(preview, { 'Lead Status': 'suppress:status' }, {})).toEqual([]);
});

test('cells that mean nothing are counted, and what may be a name is told', () => {
  render(<Asking />);
  expect(screen.getByText('13 cells that mean nothing count as empty')).toBeVisible();
  expect(screen.getByText(/“#N\/A” 12 ×, “NULL” 1 ×/)).toBeVisible();
  expect(screen.getByText(/“Null” may be a name/)).toBeVisible();
});
