import type { Lead } from './api/list-leads';

export const VERDICTS: { value: Lead['verification']; label: string }[] = [
  { value: 'deliverable', label: 'Deliverable' },
  { value: 'risky', label: 'Risky' },
  { value: 'undeliverable', label: 'Undeliverable' },
  { value: 'unknown', label: 'Unknown' },
  { value: 'unverified', label: 'Not checked' },
];

/** What a column that says who must not be written to can mean. */
export const SUPPRESSING: { value: string; label: string }[] = [
  { value: 'suppress:unsubscribed', label: 'Unsubscribed: never write' },
  { value: 'suppress:bounced', label: 'Bounced: never write' },
  { value: 'suppress:complained', label: 'Complained: never write' },
  { value: 'suppress:status', label: 'E-mail status, in words' },
  { value: 'suppress:unless', label: 'Subscribed: never write where it says no' },
];

/** Where a column of a file can go; anything else becomes a field of one's own. */
export const COLUMNS: { value: string; label: string }[] = [
  { value: 'email', label: 'E-mail address' },
  { value: 'first_name', label: 'First name' },
  { value: 'last_name', label: 'Last name' },
  { value: 'company', label: 'Company' },
  { value: 'position', label: 'Position' },
  { value: 'country', label: 'Country' },
  { value: 'timezone', label: 'Time zone' },
  ...SUPPRESSING,
];

/** A header as the key of a field of one's own: `Deal size (€)` becomes `deal_size`. */
export function customKey(header: string): string {
  const key = header
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 60);
  return /^[a-z]/.test(key) ? key : `field_${key}`.replace(/_+$/, '');
}

/** What keeps a mapping from being used; empty when it can be. */
export function mappingFaults(mapping: Readonly<Record<string, string>>): string[] {
  const faults: string[] = [];
  const used = Object.values(mapping).filter((target) => target && !target.startsWith('suppress:'));
  if (!used.includes('email')) faults.push('Say which column holds the e-mail address.');
  const doubled = [...new Set(used.filter((target, at) => used.indexOf(target) !== at))];
  for (const target of doubled) {
    const label = COLUMNS.find((column) => column.value === target)?.label ?? target.replace('custom:', '');
    faults.push(`Two columns go to “${label}”; keep one.`);
  }
  return faults;
}

const REASONS: Record<string, string> = {
  mx_found: 'The domain takes mail',
  no_mx: 'The domain names no mail server',
  no_domain: 'The domain does not exist',
  nxdomain: 'The domain does not exist',
  null_mx: 'The domain says it takes no mail',
  syntax: 'Not an address',
  disposable: 'A throw-away address',
  role: 'An address of a role, not of a person',
  probable_slip: 'Looks like a typing slip',
  bounced: 'A message to it bounced',
};

/** The verifier's reason in words; a code nobody named yet is shown as it is. */
export function verdictReason(code: string): string {
  return REASONS[code] ?? code.replaceAll('_', ' ');
}
