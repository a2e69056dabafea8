import { clsx, type ClassValue } from 'clsx';
import { extendTailwindMerge } from 'tailwind-merge';

// Our own text sizes must be known, or `text-2xs text-ink-3` would be taken for two colours.
const merge = extendTailwindMerge({ extend: { theme: { text: ['2xs'] } } });

export function cn(...classes: ClassValue[]): string {
  return merge(clsx(classes));
}
