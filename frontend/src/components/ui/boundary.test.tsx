import { useQuery } from '@tanstack/react-query';
import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { http, HttpResponse } from 'msw';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { client, unwrap, unwrapList } from '@/lib/client';
import { ApiError, requestIdOf, UnreadableError } from '@/lib/problem';
import { renderAsking, serveApi } from '@/lib/testing';

import { Panel } from './card';
import { Dialog, DialogContent } from './dialog';
import { PagedList } from './paged-list';
import { TabPanel, Tabs } from './tabs';

const server = serveApi();
// React tells the console of every fault that a boundary catches.
beforeEach(() => void vi.spyOn(console, 'error').mockImplementation(() => undefined));
afterEach(() => void vi.restoreAllMocks());

function Broken(): never {
  throw new TypeError("Cannot read properties of undefined (reading 'map')");
}
const PAGES = {
  rows: [1],
  total: 1,
  isPending: false,
  error: null,
  hasMore: false,
  isReadingMore: false,
  readMore: vi.fn(),
  retry: vi.fn(),
};

test.each([
  [
    'a panel',
    <Panel key="p">
      <Broken />
    </Panel>,
  ],
  ['what a panel draws by a function', <Panel key="f">{() => Broken()}</Panel>],
  [
    'the rows of a list',
    <PagedList key="l" pages={PAGES} skeleton={1} empty="">
      {() => Broken()}
    </PagedList>,
  ],
  [
    'a tab',
    <Tabs key="t" label="Parts" value="a" onValueChange={vi.fn()} items={[{ value: 'a', label: 'A' }]}>
      <TabPanel value="a">
        <Broken />
      </TabPanel>
    </Tabs>,
  ],
  [
    'a dialog',
    <Dialog key="d" open>
      <DialogContent title="Words">
        <Broken />
      </DialogContent>
    </Dialog>,
  ],
])('a fault in %s leaves the rest', (_, part) => {
  renderAsking(
    <>
      <p>The rest</p>
      {part}
    </>,
  );
  expect(screen.getByText('The rest')).toBeInTheDocument();
  expect(screen.getByRole('alert', { hidden: true })).toHaveTextContent('This part could not be shown');
});

test('an action in the head of a panel takes only itself along', () => {
  render(
    <Panel title="Words" action={<Broken />}>
      Body
    </Panel>,
  );
  expect(screen.getByText('Body')).toBeInTheDocument();
});

function Names() {
  const { data } = useQuery({ queryKey: ['names'], queryFn: () => unwrap(client.GET('/api/auth/me')) });
  return data ? <p>{(data as unknown as { names: string[] }).names.join(', ')}</p> : null;
}

test('“Try again” asks anew: what failed is not drawn from the same answer', async () => {
  const answers = [{}, { names: ['Ada', 'Otto'] }];
  server.use(http.get('*/api/auth/me', () => HttpResponse.json(answers.shift() ?? {})));
  renderAsking(
    <Panel title="Names">
      <Names />
    </Panel>,
  );
  await userEvent.click(await screen.findByRole('button', { name: 'Try again' }));
  expect(await screen.findByText('Ada, Otto')).toBeInTheDocument();
});

test('a failed call names its request, also when it is none of the API’s words', async () => {
  const headers = { 'x-request-id': 'c0ffee' };
  server.use(http.get('*/api/auth/me', () => HttpResponse.json({ title: 'x' }, { status: 500, headers })));
  const failed = await unwrap(client.GET('/api/auth/me')).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(ApiError);
  expect(requestIdOf(failed)).toBe('c0ffee');
  server.use(http.get('*/api/auth/me', () => new HttpResponse('<html>proxy</html>', { headers })));
  const cut = await unwrap(client.GET('/api/auth/me')).catch((error: unknown) => error);
  expect(cut).toBeInstanceOf(UnreadableError);
  expect(requestIdOf(cut)).toBe('c0ffee');
  server.use(http.get('*/api/email-accounts', () => HttpResponse.json({ items: 1 }, { headers })));
  const shape = await unwrapList(client.GET('/api/email-accounts')).catch((error: unknown) => error);
  expect(requestIdOf(shape)).toBe('c0ffee');
  renderAsking(
    <Panel>
      {() => {
        throw shape;
      }}
    </Panel>,
  );
  await waitFor(() => expect(screen.getByText('Request c0ffee')).toBeInTheDocument());
});
