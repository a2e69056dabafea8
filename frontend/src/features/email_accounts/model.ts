import type { Mailbox } from './api/list-mailboxes';

/** Its status in one word: trouble goes before being switched off. */
export function mailboxState(box: Pick<Mailbox, 'is_active' | 'status'>): { status: string; word?: string } {
  if (!box.is_active && box.status === 'connected') return { status: 'paused', word: 'Switched off' };
  switch (box.status) {
    case 'connected':
      return { status: 'connected' };
    case 'auth_failed':
      return { status: 'auth_failed' };
    case 'unreachable':
      return { status: 'error', word: 'Unreachable' };
    case 'paused_failures':
      return { status: 'error', word: 'Paused after failures' };
    case 'disconnected':
      return { status: 'disconnected' };
  }
}

export type Security = 'tls' | 'starttls' | 'none';

interface Preset {
  label: string;
  match: RegExp;
  smtp: { host: string; port: number; security: Security };
  imap: { host: string; port: number; security: Security };
  /** What to do at that host so that the sign-in works. */
  advice: string;
}

/** Hosts that are known by their address, so that most people type a password only. */
export const PRESETS: readonly Preset[] = [
  {
    label: 'Google Workspace or Gmail',
    match: /@(gmail|googlemail)\./i,
    smtp: { host: 'smtp.gmail.com', port: 465, security: 'tls' },
    imap: { host: 'imap.gmail.com', port: 993, security: 'tls' },
    advice:
      'Google wants an app password: in the Google Account, Security, 2-Step Verification, App passwords. The usual password is refused.',
  },
  {
    label: 'Microsoft 365 or Outlook',
    match: /@(outlook|hotmail|live)\./i,
    smtp: { host: 'smtp.office365.com', port: 587, security: 'starttls' },
    imap: { host: 'outlook.office365.com', port: 993, security: 'tls' },
    advice:
      'Microsoft switches SMTP sign-in off by default: in the admin centre, Users, the mailbox, Mail, Manage e-mail apps, tick Authenticated SMTP.',
  },
  {
    label: 'Fastmail',
    match: /@fastmail\./i,
    smtp: { host: 'smtp.fastmail.com', port: 465, security: 'tls' },
    imap: { host: 'imap.fastmail.com', port: 993, security: 'tls' },
    advice: 'Fastmail wants an app password: Settings, Privacy & Security, Manage app passwords.',
  },
  {
    label: 'Zoho Mail',
    match: /@zoho\./i,
    smtp: { host: 'smtp.zoho.com', port: 465, security: 'tls' },
    imap: { host: 'imap.zoho.com', port: 993, security: 'tls' },
    advice:
      'Switch IMAP on first: Zoho Mail, Settings, Mail accounts, IMAP. With 2-factor sign-in use an app password.',
  },
];

export function presetFor(address: string): Preset | undefined {
  return PRESETS.find((preset) => preset.match.test(address));
}

/** The usual names at one's own host. */
export function guessHosts(address: string): { smtp: string; imap: string } {
  const domain = address.split('@')[1]?.trim() ?? '';
  return domain ? { smtp: `smtp.${domain}`, imap: `imap.${domain}` } : { smtp: '', imap: '' };
}

export function usualPort(leg: 'smtp' | 'imap', security: Security): number {
  if (leg === 'imap') return security === 'tls' ? 993 : 143;
  return { tls: 465, starttls: 587, none: 25 }[security];
}
