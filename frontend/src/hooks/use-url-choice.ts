'use client';
import { useUrlState } from './use-url-state';

/** A filter in the address that is one of `options`; what else stands there counts as none. */
export function useUrlChoice<Value extends string>(
  key: string,
  options: readonly { value: Value }[],
): [Value | undefined, (value: string) => void] {
  const [asked, set] = useUrlState(key);
  return [options.find((one) => one.value === asked)?.value, set];
}
