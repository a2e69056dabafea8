import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { expect, test } from 'vitest';

import { RowSurfaces } from '@/components/ui/row-surface';
import { TooltipProvider } from '@/components/ui/tooltip';
import type { Schema } from '@/lib/client';
import { renderAsking, serveApi } from '@/lib/testing';

import { LeadEnrollments } from './enrollments';

const server = serveApi();

function enrolled(name: string, more: Partial<Schema<'LeadEnrollmentOut'>>): Schema<'LeadEnrollmentOut'> {
  return {
    enrollment_id: `e-${name}`,
    campaign_id: `c-${name}`,
    campaign_name: name,
    status: 'active',
    state: 'between_steps',
    next_step: 2,
    next_due_at: null,
    blocked_reason: null,
    blocked_until: null,
    ...more,
  };
}

function show(enrollments: Schema<'LeadEnrollmentOut'>[]): void {
  server.use(http.get('*/api/email-accounts', () => HttpResponse.json([])));
  renderAsking(
    <TooltipProvider>
      <RowSurfaces>
        <LeadEnrollments lead={{ id: 'l', email: 'ana@example.com', enrollments }} />
      </RowSurfaces>
    </TooltipProvider>,
  );
}

const line = (name: string) => screen.getByRole('link', { name }).closest('li')!;

test('each campaign that may still write says what is next or in the way, and one that is over does not', () => {
  show([
    enrolled('Spring', { blocked_reason: 'mailbox_error' }),
    enrolled('Autumn', { next_due_at: '2031-03-10T08:00:00Z', status: 'pending' }),
    enrolled('Winter', { status: 'replied' }),
  ]);
  const why = { name: /why is nothing sent to ana@example.com now/ };
  expect(within(line('Spring')).getByRole('button', why)).toHaveTextContent('mailbox in trouble');
  expect(within(line('Autumn')).getByRole('button', why)).toHaveTextContent('Step 2, 10 Mar 2031');
  expect(within(line('Winter')).queryByRole('button')).toBeNull();
});

test('asked, it tells the rule of that very campaign', async () => {
  const asked: string[] = [];
  server.use(
    http.get('*/api/campaigns/:campaign/enrollments/:enrollment/explain', ({ params }) => {
      asked.push(`${String(params['campaign'])} ${String(params['enrollment'])}`);
      return HttpResponse.json({
        enrollment_id: 'e-Autumn',
        email: 'ana@example.com',
        step: 2,
        next_due_at: null,
        email_account_id: null,
        timezone: 'UTC',
        held: {
          code: 'outside_window',
          detail: 'It is outside the hours.',
          change: 'They open.',
          until: null,
        },
      });
    }),
  );
  show([enrolled('Spring', {}), enrolled('Autumn', {})]);
  await userEvent.click(within(line('Autumn')).getByRole('button'));
  const told = await screen.findByRole('dialog', { name: 'Why nothing goes to ana@example.com now' });
  expect(await within(told).findByText('It is outside the hours.')).toBeVisible();
  expect(within(told).getByRole('link')).toHaveAttribute('href', '/campaigns/c-Autumn/edit?part=schedule');
  expect(asked).toEqual(['c-Autumn e-Autumn']);
});
