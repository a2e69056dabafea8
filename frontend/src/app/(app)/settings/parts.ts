import { can } from '@/lib/can';

interface SettingsPart {
  value: string;
  label: string;
  adminsOnly?: boolean;
  /** What else one would type to find it. */
  keywords?: string[];
}

export const PARTS = [
  { value: 'profile', label: 'Profile', keywords: ['password', 'account'] },
  { value: 'organization', label: 'Organization', keywords: ['address', 'zone'] },
  { value: 'members', label: 'Members', keywords: ['team', 'colleagues'] },
  { value: 'suppressions', label: 'Do not contact', keywords: ['suppressions', 'unsubscribed'] },
  { value: 'usage', label: 'Plan and usage', keywords: ['quota', 'limits'] },
  { value: 'sessions', label: 'Sessions', keywords: ['devices'] },
  { value: 'work', label: 'Background work', adminsOnly: true, keywords: ['failed', 'jobs', 'retry'] },
  { value: 'audit', label: 'Audit log', adminsOnly: true },
] as const satisfies readonly SettingsPart[];

export type Part = (typeof PARTS)[number];

/** Those that somebody may see. */
export function partsFor(who: Parameters<typeof can>[0]): Part[] {
  return PARTS.filter((one) => !('adminsOnly' in one) || can(who, 'org:admin'));
}
