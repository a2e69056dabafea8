import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { useState } from 'react';
import { expect, test } from 'vitest';

import { CommandPalette } from './command-palette';
import { Confirm, Dialog, DialogContent, DrawerContent } from './dialog';
import { KeyboardHelp } from './keyboard-help';
import { Menu, MenuItem, Popover } from './menu';

const SRC = join(import.meta.dirname, '..', '..');
const opener = <button type="button">Open</button>;

test.each([
  [
    'dialog',
    'Send a test',
    <Popover key="p" label="Send a test" trigger={opener}>
      inside
    </Popover>,
  ],
  [
    'dialog',
    'Add a person',
    <Dialog key="d" open>
      <DialogContent title="Add a person">inside</DialogContent>
    </Dialog>,
  ],
  [
    'dialog',
    'Pick people',
    <Dialog key="w" open>
      <DrawerContent title="Pick people">inside</DrawerContent>
    </Dialog>,
  ],
  [
    'alertdialog',
    'Delete Ana?',
    <Confirm
      key="c"
      trigger={opener}
      title="Delete Ana?"
      description="For good."
      action="Delete"
      onConfirm={() => {}}
    />,
  ],
  [
    'menu',
    'Open',
    <Menu key="m" trigger={opener}>
      <MenuItem>Clone</MenuItem>
    </Menu>,
  ],
  ['dialog', 'Keyboard', <KeyboardHelp key="k" open onOpenChange={() => {}} groups={[]} />],
  [
    'dialog',
    'Search and commands',
    <CommandPalette
      key="s"
      open
      onOpenChange={() => {}}
      groups={[]}
      text=""
      onText={() => {}}
      waiting={false}
    />,
  ],
])('a %s is announced as “%s”', async (role, name, surface) => {
  render(surface);
  const button = screen.queryByRole('button', { name: 'Open' });
  if (button) await userEvent.click(button);
  expect(await screen.findByRole(role)).toHaveAccessibleName(name);
});

test.each([
  [
    'dialog',
    (open: boolean, set: (open: boolean) => void) => (
      <Dialog open={open} onOpenChange={set}>
        <DialogContent title="Add a person">inside</DialogContent>
      </Dialog>
    ),
  ],
  [
    'question',
    (open: boolean, set: (open: boolean) => void) => (
      <Confirm
        open={open}
        onOpenChange={set}
        title="Delete Ana?"
        description="For good."
        action="Delete"
        onConfirm={() => {}}
      />
    ),
  ],
])('a %s that a row has opened gives the focus back to it', async (_, surface) => {
  function Page() {
    const [open, setOpen] = useState(false);
    return (
      <>
        <button type="button" onClick={() => setOpen(true)}>
          Row
        </button>
        {surface(open, setOpen)}
      </>
    );
  }
  render(<Page />);
  const row = screen.getByRole('button', { name: 'Row' });
  await userEvent.click(row);
  await userEvent.keyboard('{Escape}');
  await waitFor(() => expect(row).toHaveFocus());
});

/** Each surface's name is demanded by the types of its component; so nothing may be made past those. */
test('what floats is made by the components above, and those outside them carry a title', () => {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.tsx'),
  );
  const makers = files.filter((file) => {
    const words = readFileSync(join(SRC, file), 'utf8');
    return (
      !file.endsWith('.test.tsx') &&
      (/\b(Dialog|AlertDialog|Popover|DropdownMenu|HoverCard|ContextMenu|Menubar)\b[^;]*from 'radix-ui'/.test(
        words,
      ) ||
        /role="(alert)?dialog"|<dialog\b/.test(words))
    );
  });
  expect(makers.map((file) => file.replaceAll('\\', '/')).sort()).toEqual([
    'components/layout/shell.tsx',
    'components/ui/command-palette.tsx',
    'components/ui/dialog.tsx',
    'components/ui/menu.tsx',
    'components/ui/row-surface.tsx',
  ]);
  // Popovers carry a label, which their components' types demand.
  for (const file of makers)
    if (!/(menu|row-surface)\.tsx$/.test(file))
      expect(readFileSync(join(SRC, file), 'utf8')).toMatch(/\.Title\b/);
});
