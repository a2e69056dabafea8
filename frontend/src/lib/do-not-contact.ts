import type { Schema } from './client';
import { day } from './format';

export type Suppressed = Schema<'SuppressedOut'>;

/** “Do not contact: unsubscribed, since 3 Mar 2027”: the API's words for the reason, never the raw code. */
export function doNotContact({ words, since }: Pick<Suppressed, 'words' | 'since'>): string {
  const reason = words.charAt(0).toLowerCase() + words.slice(1);
  return `Do not contact: ${reason}, since ${day(since, undefined, true)}`;
}
