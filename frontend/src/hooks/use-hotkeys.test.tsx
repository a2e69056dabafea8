import { render, renderHook } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test, vi } from 'vitest';

import { useHotkeys } from './use-hotkeys';

test('two keys in a row go together, and the second alone does not', async () => {
  const go = vi.fn();
  renderHook(() => useHotkeys({ 'g c': go }));
  await userEvent.keyboard('c');
  expect(go).not.toHaveBeenCalled();
  await userEvent.keyboard('gc');
  expect(go).toHaveBeenCalledTimes(1);
});

test('plain keys are silent while something is typed, the palette is not', async () => {
  const help = vi.fn();
  const palette = vi.fn();
  renderHook(() => useHotkeys({ '?': help, 'mod+k': palette }));
  const { getByRole } = render(<input aria-label="name" />);
  await userEvent.type(getByRole('textbox'), '?');
  expect(help).not.toHaveBeenCalled();
  await userEvent.keyboard('{Control>}k{/Control}');
  expect(palette).toHaveBeenCalledTimes(1);
});
