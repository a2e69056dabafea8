/** Where this app is served from; while its pages are written out there is no window to ask. */
export const ORIGIN = typeof location === 'undefined' ? 'http://localhost' : location.origin;

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

/**
 * Only an address of this app may follow a sign-in, never one of another site. Judged as the browser will read it: it
 * drops tabs and line breaks, takes a backslash for a slash, and `/a/..//host` names another host only once resolved.
 */
export function safeNext(next: string | null, origin = ORIGIN): string {
  const here = next?.startsWith('/') ? withinOrigin(next, origin) : null;
  // What was resolved is read once more: that is the text which is gone to.
  return (here && withinOrigin(here, origin)) ?? paths.today;
}

function withinOrigin(address: string, origin: string): string | null {
  if (!URL.canParse(address, origin)) return null;
  const url = new URL(address, origin);
  return url.origin === origin ? url.pathname + url.search + url.hash : null;
}
