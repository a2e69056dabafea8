import { render, screen } from '@testing-library/react';
import { http, HttpResponse } from 'msw';
import { expect, test, vi } from 'vitest';

import { ORIGIN } from '@/lib/paths';
import { renderAsking, serveApi } from '@/lib/testing';

import { Lacking, PreviewPanel } from './preview-panel';

test('an empty field is said to be whose it is, and leads to where it is filled', () => {
  render(<Lacking names={['signature', 'company', 'postal_address']} lead="l" />);
  expect(screen.getByText(/This person lacks company\./)).toBeVisible();
  expect(screen.getByRole('link', { name: 'Open the person' })).toHaveAttribute('href', '/leads/l');
  expect(screen.getByText(/The mailbox has no signature/)).toBeVisible();
  expect(screen.getByRole('link', { name: 'Open the organization' })).toHaveAttribute(
    'href',
    '/settings?part=organization',
  );
});

test('of what the sender lacks nothing is said about the person', () => {
  render(<Lacking names={['signature']} lead="l" />);
  expect(screen.queryByText(/This person/)).toBeNull();
});

const PREVIEW = {
  subject: 'Hello',
  html: '',
  text: 'Hello',
  from_email: 'ada@example.com',
  to_email: 'mira@example.com',
  unresolved: [],
  unresolved_sender: [],
  problems: [],
  forms: 1,
  is_invented: false,
  suppression: null,
};
const answers = vi.fn(() => PREVIEW as object);
serveApi(http.post(`${ORIGIN}/api/campaigns/c/preview`, () => HttpResponse.json(answers())));

function show(): void {
  renderAsking(
    <PreviewPanel
      campaign="c"
      step="s"
      variant="A"
      subject="Hello"
      body="Hello"
      people={[]}
      ownAddress=""
      canSend={false}
    />,
  );
}

test('whom the message is shown for is said: nobody real, while nobody is in the campaign', async () => {
  answers.mockReturnValueOnce({ ...PREVIEW, is_invented: true });
  show();
  expect(await screen.findByText('as an example person')).toBeVisible();
  expect(screen.queryByText('as the first person')).toBeNull();
});

test('of somebody who must not be contacted it is said that nothing is sent, and why', async () => {
  answers.mockReturnValueOnce({
    ...PREVIEW,
    suppression: {
      reason: 'unsubscribed',
      words: 'Unsubscribed',
      since: '2027-03-03T09:00:00Z',
      kind: 'email',
      value: 'mira@example.com',
    },
  });
  show();
  expect(await screen.findByText(/Do not contact: unsubscribed, since 3 Mar 2027/)).toBeVisible();
  expect(screen.getByText('Nothing is sent to this person.')).toBeVisible();
});
