import { paths, withQuery } from './paths';

type Place =
  | 'schedule'
  | 'words'
  | 'mailboxes'
  | 'campaign'
  | 'lead'
  | 'suppressions'
  | 'organization'
  | 'unknown'
  | null;

interface Why {
  words: string;
  place: Place;
  tone: 'held' | 'bounced' | 'idle' | 'sending';
}

/** The scheduler's reasons: a few words for the chip, and where it is changed. What changes it, the server says. */
const WHYS: Record<string, Why> = {
  suppressed: {
    words: 'do not contact',
    place: 'suppressions',
    tone: 'bounced',
  },
  enrollment_ended: {
    words: 'sequence ended',
    place: null,
    tone: 'idle',
  },
  campaign_not_active: {
    words: 'not started',
    place: 'campaign',
    tone: 'idle',
  },
  campaign_late: {
    words: 'campaign is late',
    place: 'campaign',
    tone: 'held',
  },
  restored: {
    words: 'database was restored',
    place: null,
    tone: 'held',
  },
  reply_seen: {
    words: 'a reply has come',
    place: null,
    tone: 'idle',
  },
  campaign_paused: {
    words: 'campaign paused',
    place: 'campaign',
    tone: 'idle',
  },
  unknown_previous: {
    words: 'last message not confirmed',
    place: 'unknown',
    tone: 'held',
  },
  awaiting_verification: {
    words: 'address being verified',
    place: null,
    tone: 'idle',
  },
  undeliverable: {
    words: 'address undeliverable',
    place: 'lead',
    tone: 'bounced',
  },
  awaiting_personalization: {
    words: 'being personalised',
    place: null,
    tone: 'idle',
  },
  missing_field: {
    words: 'field is empty',
    place: 'words',
    tone: 'held',
  },
  not_planned: { words: 'being planned', place: null, tone: 'idle' },
  no_mailbox: {
    words: 'no mailbox',
    place: 'schedule',
    tone: 'held',
  },
  sender_gone: {
    words: 'its mailbox is gone',
    place: 'campaign',
    tone: 'held',
  },
  mailbox_error: {
    words: 'mailbox in trouble',
    place: 'mailboxes',
    tone: 'bounced',
  },
  mailbox_paused: {
    words: 'mailbox switched off',
    place: 'mailboxes',
    tone: 'held',
  },
  schedule_ended: {
    words: 'end date passed',
    place: 'schedule',
    tone: 'held',
  },
  no_common_slot: {
    words: 'no common hours',
    place: 'schedule',
    tone: 'held',
  },
  held_ooo: { words: 'recipient is away', place: 'lead', tone: 'held' },
  held: { words: 'on hold', place: 'lead', tone: 'held' },
  held_unreadable_mailbox: {
    words: 'mailbox unreadable',
    place: 'mailboxes',
    tone: 'held',
  },
  deferred: {
    words: 'server asked to wait',
    place: null,
    tone: 'held',
  },
  waiting_delay: {
    words: 'waiting for its delay',
    place: 'words',
    tone: 'idle',
  },
  outside_window: { words: 'outside window', place: 'schedule', tone: 'held' },
  holiday: { words: 'holiday', place: 'schedule', tone: 'held' },
  recipient_hours: {
    words: "outside recipient's hours",
    place: 'schedule',
    tone: 'held',
  },
  campaign_cap: {
    words: 'campaign cap reached',
    place: 'schedule',
    tone: 'held',
  },
  new_lead_cap: {
    words: 'new-lead cap reached',
    place: 'schedule',
    tone: 'held',
  },
  company_cap: {
    words: 'company cap reached',
    place: 'schedule',
    tone: 'held',
  },
  mailbox_absent: {
    words: 'mailbox away',
    place: 'mailboxes',
    tone: 'held',
  },
  throttled: {
    words: 'provider throttles',
    place: 'mailboxes',
    tone: 'held',
  },
  provider_cap: {
    words: 'provider cap reached',
    place: 'mailboxes',
    tone: 'held',
  },
  health_cap: {
    words: 'slowed for its health',
    place: 'mailboxes',
    tone: 'held',
  },
  ramp: { words: 'mailbox ramping up', place: 'mailboxes', tone: 'held' },
  mailbox_cap: {
    words: 'mailbox cap reached',
    place: 'mailboxes',
    tone: 'held',
  },
  domain_cap: {
    words: 'domain cap reached',
    place: 'organization',
    tone: 'held',
  },
  outside_workday: {
    words: "outside mailbox's workday",
    place: 'mailboxes',
    tone: 'held',
  },
  mailbox_gap: {
    words: 'gap between messages',
    place: 'mailboxes',
    tone: 'idle',
  },
  waiting_turn: {
    words: 'waiting for its turn',
    place: 'mailboxes',
    tone: 'idle',
  },
};

/** The link's words. */
const GO: Record<Exclude<Place, null>, string> = {
  schedule: 'Open mailboxes and schedule',
  words: 'Open the steps',
  mailboxes: 'Open the mailbox',
  campaign: 'Open the campaign',
  lead: 'Open the person',
  suppressions: 'Open the do-not-contact list',
  organization: "Open the organization's limits",
  unknown: 'Open the messages in doubt',
};

export interface Remedy {
  words: string;
  href: string | undefined;
  go: string | undefined;
  tone: Why['tone'];
}

export interface WhyContext {
  campaign?: string | null | undefined;
  lead?: string | null | undefined;
  mailbox?: string | null | undefined;
}

function hrefOf(place: Place, { campaign, lead, mailbox }: WhyContext): string | undefined {
  if (place === 'suppressions') return paths.settingsPart('suppressions');
  if (place === 'organization') return paths.settingsPart('organization');
  if (place === 'mailboxes') return mailbox ? paths.mailbox(mailbox) : paths.mailboxes;
  if (place === 'lead') return lead ? paths.lead(lead) : undefined;
  if (!campaign) return place === null ? undefined : paths.campaigns;
  if (place === 'schedule') return paths.campaignEdit(campaign, 'schedule');
  if (place === 'words') return paths.campaignEdit(campaign, 'words');
  if (place === 'campaign') return paths.campaign(campaign);
  if (place === 'unknown') return withQuery(paths.campaign(campaign), { tab: 'messages', state: 'unknown' });
  return undefined;
}

export function remedyFor(code: string, context: WhyContext = {}): Remedy {
  const why = WHYS[code];
  if (!why)
    return {
      words: code.replaceAll('_', ' '),
      href: undefined,
      go: undefined,
      tone: 'held',
    };
  return {
    words: why.words,
    href: hrefOf(why.place, context),
    go: why.place ? GO[why.place] : undefined,
    tone: why.tone,
  };
}
