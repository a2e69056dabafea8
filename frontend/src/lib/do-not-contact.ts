import { day } from './format';

/** The API's word for why somebody is not written to, as the end of a sentence. */
const REASONS: Record<string, string> = {
  unsubscribed: 'unsubscribed',
  asked: 'asked to stop',
  bounced: 'the address bounced',
  manual: 'added by hand',
  complained: 'complained about a message',
  erased: 'erased at their wish',
};

export function suppressionReason(reason: string): string {
  return REASONS[reason] ?? reason.replaceAll('_', ' ');
}

/** “Do not contact: unsubscribed on 3 Mar 2027”: in words everywhere, never the raw code. */
export function doNotContact(reason: string, since?: string | null): string {
  return `Do not contact: ${suppressionReason(reason)}${since ? ` on ${day(since, undefined, true)}` : ''}`;
}
