import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { beforeEach, expect, test } from 'vitest';

import { RowSurfaces } from '@/components/ui/row-surface';
import { renderAsking, serveApi } from '@/lib/testing';

import type { Send } from '../api/page-sends';
import { UnknownDecision } from './unknown-decision';

let decided: string[] = [];
serveApi(
  http.post('*/api/campaigns/:id/sends/:send/:decision', ({ params }) => {
    decided.push(`${String(params.send)} ${String(params.decision)}`);
    return HttpResponse.json({ id: params.send });
  }),
);
beforeEach(() => {
  decided = [];
});

async function answer(button: RegExp, yes: string): Promise<void> {
  renderAsking(
    <RowSurfaces>
      <UnknownDecision campaign="c" message={{ id: 's', to_email: 'ana@example.com' } as Send} />
    </RowSurfaces>,
  );
  await userEvent.click(screen.getByRole('button', { name: button }));
  expect(decided).toEqual([]);
  const question = screen.getByRole('alertdialog');
  await userEvent.click(within(question).getByRole('button', { name: yes }));
}

test('a message in doubt is sent again only after the danger was told', async () => {
  await answer(/^Send again/, 'Send again');
  await waitFor(() => expect(decided).toEqual(['s resend']));
});

test('a message in doubt that arrived counts as sent', async () => {
  await answer(/^It arrived/, 'It arrived');
  await waitFor(() => expect(decided).toEqual(['s arrived']));
});
