import type { Tone } from '@/components/ui/status';

import type { Intent } from './api/threads';

export const INTENTS: { value: Intent; label: string; tone: Tone }[] = [
  { value: 'interested', label: 'Interested', tone: 'replied' },
  { value: 'question', label: 'Question', tone: 'sending' },
  { value: 'unclear', label: 'Unclear', tone: 'idle' },
  { value: 'not_interested', label: 'Not interested', tone: 'idle' },
  { value: 'out_of_office', label: 'Away', tone: 'held' },
  { value: 'stop', label: 'Wants no more', tone: 'bounced' },
];

export function intentOf(value: string): { label: string; tone: Tone } {
  return INTENTS.find((one) => one.value === value) ?? { label: value.replaceAll('_', ' '), tone: 'idle' };
}
