import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { expect, test, vi } from 'vitest';

import { renderAsking, serveApi } from '@/lib/testing';

import { Disconnect } from './disconnect';

const asked: string[] = [];
serveApi(
  http.delete('*/api/email-accounts/:id', ({ request }) => {
    asked.push(new URL(request.url).search);
    return new HttpResponse(null, { status: 204 });
  }),
);

test.each([
  ['', ''],
  ['continue', '?people=continue'],
  ['stop', '?people=stop'],
])(
  'what becomes of people in mid-sequence is chosen with the disconnection: “%s”',
  async (choice, search) => {
    const close = vi.fn();
    renderAsking(<Disconnect mailbox={{ id: 'm', email_address: 'mira@example.com' }} onClose={close} />);
    await userEvent.click(screen.getByRole('button', { name: 'Disconnect' }));
    const question = within(screen.getByRole('alertdialog', { name: 'Disconnect mira@example.com?' }));
    if (choice)
      await userEvent.selectOptions(question.getByLabelText('People it has begun to write to'), choice);
    await userEvent.click(question.getByRole('button', { name: 'Disconnect' }));
    await waitFor(() => expect(close).toHaveBeenCalled());
    expect(asked.splice(0)).toEqual([search]);
  },
);
