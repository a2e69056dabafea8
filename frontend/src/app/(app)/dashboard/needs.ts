import { Inbox, Hourglass, MailWarning, MapPin, PencilLine, RotateCw, type LucideIcon } from 'lucide-react';

import { plural } from '@/lib/format';
import { paths } from '@/lib/paths';

export interface Need {
  icon: LucideIcon;
  tone: string;
  title: string;
  detail: string;
  href: string;
  action: string;
}

interface Facts {
  unread: number;
  mailboxes: readonly {
    id: string;
    email_address: string;
    is_active: boolean;
    status: string;
    status_reason: string | null;
    sync_error: string | null;
  }[];
  waiting: readonly { reason: string; detail: string; count: number; until: string | null }[];
  /** Paused for so long that a person has to say whether they go on. */
  late: readonly { id: string; name: string }[];
  /** Background work that was given up; 0 for who may not see it. */
  failedJobs: number;
  postalAddress: string | null;
  isAdmin: boolean;
}

/** Only a person can change these; what ends by itself is in the plan of the day. */
const FOR_A_PERSON = new Set([
  'missing_field',
  'no_mailbox',
  'no_common_slot',
  'schedule_ended',
  'unknown_previous',
]);

/** What waits for a person, the most pressing first. */
export function needsOf(facts: Facts): Need[] {
  const needs: Need[] = [];
  if (facts.unread > 0)
    needs.push({
      icon: Inbox,
      tone: 'text-replied',
      title: `${plural(facts.unread, 'unread reply', 'unread replies')}`,
      detail: 'Somebody wrote back and waits for you.',
      href: paths.inbox,
      action: 'Read',
    });
  for (const box of facts.mailboxes) {
    const trouble = box.status !== 'connected' ? box.status_reason : box.sync_error;
    if (box.status === 'connected' && !box.sync_error) continue;
    needs.push({
      icon: MailWarning,
      tone: 'text-bounced',
      title: `${box.email_address} has a problem`,
      detail: trouble ?? 'It cannot send or be read.',
      href: paths.mailbox(box.id),
      action: 'Fix',
    });
  }
  for (const { id, name } of facts.late)
    needs.push({
      icon: Hourglass,
      tone: 'text-held',
      title: `${name} is late`,
      detail: 'It has stood still for long. Should it still go on?',
      href: paths.campaign(id),
      action: 'Decide',
    });
  if (facts.failedJobs > 0)
    needs.push({
      icon: RotateCw,
      tone: 'text-bounced',
      title: `${plural(facts.failedJobs, 'background job')} failed`,
      detail: 'An import, a check or a plan was given up. See why, and have it tried again.',
      href: paths.settingsPart('work'),
      action: 'Look',
    });
  if (!facts.postalAddress && facts.isAdmin)
    needs.push({
      icon: MapPin,
      tone: 'text-held',
      title: 'No postal address',
      detail: 'Every message shows it at the end; no campaign starts without it.',
      href: paths.settingsPart('organization'),
      action: 'Add',
    });
  for (const { detail, count } of facts.waiting.filter((one) => FOR_A_PERSON.has(one.reason)))
    needs.push({
      icon: PencilLine,
      tone: 'text-held',
      title: `${plural(count, 'message')} cannot go`,
      detail,
      href: paths.campaigns,
      action: 'Look',
    });
  return needs;
}
