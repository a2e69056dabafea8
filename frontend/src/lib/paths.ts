/** Every address of the app, once. Ids are encoded; queries are built by `withQuery`. */
const id = (value: string): string => encodeURIComponent(value);

export const paths = {
  home: '/',
  signIn: '/sign-in',
  register: '/register',
  today: '/dashboard',
  campaigns: '/campaigns',
  campaign: (campaign: string) => `/campaigns/${id(campaign)}`,
  campaignEdit: (campaign: string, part?: string) =>
    `/campaigns/${id(campaign)}/edit${part ? `?part=${part}` : ''}`,
  inbox: '/inbox',
  thread: (thread: string) => `/inbox?thread=${id(thread)}`,
  leads: '/leads',
  leadsImport: (campaign?: string) => `/leads/import${campaign ? `?campaign=${id(campaign)}` : ''}`,
  lead: (lead: string) => `/leads/${id(lead)}`,
  mailboxes: '/mailboxes',
  mailboxConnect: '/mailboxes?connect=smtp',
  mailbox: (mailbox: string) => `/mailboxes?mailbox=${id(mailbox)}`,
  analytics: '/analytics',
  settings: '/settings',
  settingsPart: (part: string) => `/settings?part=${part}`,
} as const;

export function withQuery(
  path: string,
  query: Record<string, string | number | boolean | null | undefined>,
): string {
  const [bare = '', old] = path.split('?');
  const search = new URLSearchParams(old);
  for (const [key, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === '') search.delete(key);
    else search.set(key, String(value));
  }
  const text = search.toString();
  return text ? `${bare}?${text}` : bare;
}

/** Only an address of this app may follow a sign-in, never one of another site. */
export function safeNext(next: string | null): string {
  if (!next || !next.startsWith('/') || next.startsWith('//') || next.includes('\\')) return paths.today;
  return next;
}
