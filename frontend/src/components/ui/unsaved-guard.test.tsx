import { fireEvent, render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { useState } from 'react';
import { beforeEach, expect, test, vi } from 'vitest';

import { useUnsaved } from '@/hooks/use-unsaved';
import { beforeLeaving, everywhere } from '@/lib/unsaved';

import { Dialog, DialogContent, DrawerContent } from './dialog';
import { UnsavedGuard } from './unsaved-guard';

const SRC = join(import.meta.dirname, '..', '..');

beforeEach(() => window.history.replaceState(null, '', '/leads/1'));

function Form({ label = 'Company' }: { label?: string }) {
  const [text, setText] = useState('');
  useUnsaved(text !== '');
  return <input aria-label={label} value={text} onChange={(event) => setText(event.target.value)} />;
}

function Drawer({ onClosed }: { onClosed: () => void }) {
  const [open, setOpen] = useState(true);
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => {
        setOpen(next);
        if (!next) onClosed();
      }}
    >
      <DrawerContent title="Mailbox">
        <Form />
      </DrawerContent>
    </Dialog>
  );
}

function Page({ followed }: { followed: (href: string) => void }) {
  return (
    <>
      <UnsavedGuard />
      <Form />
      <a
        href="/inbox"
        onClick={(event) => {
          event.preventDefault();
          followed('/inbox');
        }}
      >
        Inbox
      </a>
    </>
  );
}

const question = () => screen.findByRole('alertdialog', { name: 'Leave without saving?' });

test('Escape in a drawer with typed words asks first; Escape again stays, and the words are there', async () => {
  const closed = vi.fn();
  render(
    <>
      <UnsavedGuard />
      <Drawer onClosed={closed} />
    </>,
  );
  await userEvent.type(screen.getByLabelText('Company'), 'Fern');
  await userEvent.keyboard('{Escape}');
  await question();
  await userEvent.keyboard('{Escape}');
  await waitFor(() => expect(screen.queryByRole('alertdialog')).toBeNull());
  expect(screen.getByLabelText('Company')).toHaveValue('Fern');
  expect(closed).not.toHaveBeenCalled();

  await userEvent.click(screen.getByRole('button', { name: 'Close' }));
  await question();
  await userEvent.tab();
  await userEvent.keyboard('{Enter}');
  await waitFor(() => expect(screen.queryByLabelText('Company')).toBeNull());
  expect(closed).toHaveBeenCalledOnce();
  expect(everywhere.size).toBe(0);
});

test('nothing typed: nothing is asked', async () => {
  const closed = vi.fn();
  render(
    <>
      <UnsavedGuard />
      <Drawer onClosed={closed} />
    </>,
  );
  await userEvent.keyboard('{Escape}');
  expect(closed).toHaveBeenCalledOnce();
  expect(screen.queryByRole('alertdialog')).toBeNull();
});

test('a dialog over a page with typed words closes unasked: those words stay', async () => {
  const closed = vi.fn();
  render(
    <>
      <UnsavedGuard />
      <Form label="Behind" />
      <Dialog open onOpenChange={closed}>
        <DialogContent title="Keyboard">keys</DialogContent>
      </Dialog>
    </>,
  );
  fireEvent.change(screen.getByLabelText('Behind'), { target: { value: 'Fern' } });
  expect(everywhere.size).toBe(1);
  await userEvent.keyboard('{Escape}');
  expect(closed).toHaveBeenCalledWith(false);
  expect(screen.queryByRole('alertdialog')).toBeNull();
});

test('a link out of a page with typed words is followed only after the question', async () => {
  const followed = vi.fn();
  render(<Page followed={followed} />);
  await userEvent.type(screen.getByLabelText('Company'), 'Fern');
  await userEvent.click(screen.getByRole('link', { name: 'Inbox' }));
  await question();
  await userEvent.click(screen.getByRole('button', { name: 'Stay' }));
  expect(followed).not.toHaveBeenCalled();

  await userEvent.click(screen.getByRole('link', { name: 'Inbox' }));
  await question();
  await userEvent.click(screen.getByRole('button', { name: 'Leave without saving' }));
  await waitFor(() => expect(followed).toHaveBeenCalledWith('/inbox'));
});

test('“Back” stays at the page and asks', async () => {
  window.history.pushState({ at: 'lead' }, '', '/leads/2');
  const gone = vi.fn();
  render(<Page followed={() => {}} />);
  window.addEventListener('popstate', gone);
  await userEvent.type(screen.getByLabelText('Company'), 'Fern');
  window.history.back();
  await question();
  expect(window.location.pathname).toBe('/leads/2');
  expect(window.history.state).toEqual({ at: 'lead' });
  expect(gone).not.toHaveBeenCalled();
  await userEvent.click(screen.getByRole('button', { name: 'Leave without saving' }));
  await waitFor(() => expect(window.location.pathname).toBe('/leads/1'));
  expect(gone).toHaveBeenCalledOnce();
  window.removeEventListener('popstate', gone);
});

test('reload and closing the window are asked about by the browser, only while something is unsaved', async () => {
  render(<Page followed={() => {}} />);
  const leaves = () => window.dispatchEvent(new Event('beforeunload', { cancelable: true }));
  expect(leaves()).toBe(true);
  await userEvent.type(screen.getByLabelText('Company'), 'Fern');
  expect(leaves()).toBe(false);
  await userEvent.clear(screen.getByLabelText('Company'));
  expect(leaves()).toBe(true);
});

test('a shortcut goes at once where nothing is unsaved', () => {
  const go = vi.fn();
  beforeLeaving(go);
  expect(go).toHaveBeenCalledOnce();
});

/** They have nothing to lose: who is not signed in types a password again. */
const NO_QUESTION = ['sign-in-form.tsx', 'register-form.tsx'];

test('every form asks before its words are lost', () => {
  const silent = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.tsx') && !file.includes('.test.'))
    .filter((file) => !NO_QUESTION.some((name) => file.endsWith(name)))
    .filter((file) => {
      const source = readFileSync(join(SRC, file), 'utf8');
      return /\buseForm[(<]/.test(source) && !/<SaveButton|useUnsaved\(|unsaved=\{/.test(source);
    });
  expect(silent).toEqual([]);
});
