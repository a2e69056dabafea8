import { act, renderHook } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { useAutosave } from './use-autosave';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const rest = () => act(() => vi.advanceTimersByTimeAsync(800));

describe('autosave', () => {
  test('typing is saved once, with the newest value', async () => {
    const save = vi.fn().mockResolvedValue(null);
    const { result } = renderHook(() => useAutosave<string>({ save }));
    act(() => ['a', 'ab', 'abc'].forEach((value) => result.current.put(value)));
    expect(result.current.state).toBe('waiting');
    await rest();
    expect(save.mock.calls).toEqual([['abc']]);
    expect(result.current.state).toBe('saved');
  });

  test('what is typed during a save is saved after it, never beside it', async () => {
    let finish = (): void => undefined;
    let open = 0;
    let most = 0;
    const saved: string[] = [];
    const save = vi.fn((value: string) => {
      open += 1;
      most = Math.max(most, open);
      saved.push(value);
      return new Promise<void>((resolve) => {
        finish = () => {
          open -= 1;
          resolve();
        };
      });
    });
    const { result } = renderHook(() => useAutosave<string>({ save }));
    act(() => result.current.put('first'));
    await rest();
    act(() => result.current.put('second'));
    await rest();
    await act(async () => finish());
    await act(async () => finish());
    expect(saved).toEqual(['first', 'second']);
    expect(most).toBe(1);
  });

  test('a failed save is told and its value is kept for the next try', async () => {
    const save = vi.fn().mockRejectedValueOnce(new Error('away')).mockResolvedValue(null);
    const { result } = renderHook(() => useAutosave<string>({ save }));
    act(() => result.current.put('words'));
    await rest();
    expect(result.current.state).toBe('failed');
    await act(() => result.current.flush());
    expect(save.mock.calls).toEqual([['words'], ['words']]);
    expect(result.current.state).toBe('saved');
  });

  test('leaving the editor saves what still waits', async () => {
    const save = vi.fn().mockResolvedValue(null);
    const { result, unmount } = renderHook(() => useAutosave<string>({ save }));
    act(() => result.current.put('last words'));
    unmount();
    await rest();
    expect(save.mock.calls).toEqual([['last words']]);
  });
});
