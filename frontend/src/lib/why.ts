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
  change: string;
  place: Place;
  tone: 'held' | 'bounced' | 'idle' | 'sending';
}

/** The scheduler's reasons: a few words for the chip, what would change it, and where that is. */
const WHYS: Record<string, Why> = {
  suppressed: {
    words: 'do not contact',
    change: 'Nothing should change this: they asked not to be written to.',
    place: 'suppressions',
    tone: 'bounced',
  },
  enrollment_ended: {
    words: 'sequence ended',
    change: 'Enrol the person in another campaign.',
    place: null,
    tone: 'idle',
  },
  campaign_not_active: {
    words: 'not started',
    change: 'Start the campaign.',
    place: 'campaign',
    tone: 'idle',
  },
  campaign_late: {
    words: 'campaign is late',
    change: 'Say whether it should still go on.',
    place: 'campaign',
    tone: 'held',
  },
  restored: {
    words: 'database was restored',
    change: 'An administrator resumes sending.',
    place: null,
    tone: 'held',
  },
  reply_seen: {
    words: 'a reply has come',
    change: 'It is read before anything more goes out.',
    place: null,
    tone: 'idle',
  },
  campaign_paused: {
    words: 'campaign paused',
    change: 'Resume the campaign.',
    place: 'campaign',
    tone: 'idle',
  },
  unknown_previous: {
    words: 'last message not confirmed',
    change: 'It settles when the mailbox or an answer proves something, or when you decide.',
    place: 'unknown',
    tone: 'held',
  },
  awaiting_verification: {
    words: 'address being verified',
    change: 'Verification finishes by itself.',
    place: null,
    tone: 'idle',
  },
  undeliverable: {
    words: 'address undeliverable',
    change: 'Correct the address.',
    place: 'lead',
    tone: 'bounced',
  },
  awaiting_personalization: {
    words: 'being personalised',
    change: 'It finishes by itself.',
    place: null,
    tone: 'idle',
  },
  missing_field: {
    words: 'field is empty',
    change: 'Fill the field, or give the text a fallback.',
    place: 'words',
    tone: 'held',
  },
  not_planned: { words: 'being planned', change: 'The planner runs by itself.', place: null, tone: 'idle' },
  no_mailbox: {
    words: 'no mailbox',
    change: 'Add an active mailbox to the campaign.',
    place: 'schedule',
    tone: 'held',
  },
  sender_gone: {
    words: 'its mailbox is gone',
    change: 'Choose: go on from another mailbox as a new thread, or stop. Or connect that mailbox again.',
    place: 'campaign',
    tone: 'held',
  },
  mailbox_error: {
    words: 'mailbox in trouble',
    change: 'Reconnect it.',
    place: 'mailboxes',
    tone: 'bounced',
  },
  mailbox_paused: {
    words: 'mailbox switched off',
    change: 'Switch it on.',
    place: 'mailboxes',
    tone: 'held',
  },
  schedule_ended: {
    words: 'end date passed',
    change: 'Move the end date.',
    place: 'schedule',
    tone: 'held',
  },
  no_common_slot: {
    words: 'no common hours',
    change: 'Widen a window, or switch recipient hours off.',
    place: 'schedule',
    tone: 'held',
  },
  held_ooo: { words: 'recipient is away', change: 'The return date passes.', place: 'lead', tone: 'held' },
  held: { words: 'on hold', change: 'The hold runs out, or you release it.', place: 'lead', tone: 'held' },
  held_unreadable_mailbox: {
    words: 'mailbox unreadable',
    change: 'Check its incoming settings: a reply could be missed.',
    place: 'mailboxes',
    tone: 'held',
  },
  deferred: {
    words: 'server asked to wait',
    change: 'It is tried again by itself.',
    place: null,
    tone: 'held',
  },
  waiting_delay: {
    words: 'waiting for its delay',
    change: 'Shorten the delay of the step.',
    place: 'words',
    tone: 'idle',
  },
  outside_window: { words: 'outside window', change: 'Widen the window.', place: 'schedule', tone: 'held' },
  holiday: { words: 'holiday', change: 'Switch holidays off.', place: 'schedule', tone: 'held' },
  recipient_hours: {
    words: "outside recipient's hours",
    change: 'Switch recipient hours off.',
    place: 'schedule',
    tone: 'held',
  },
  campaign_cap: {
    words: 'campaign cap reached',
    change: 'Raise the daily cap.',
    place: 'schedule',
    tone: 'held',
  },
  new_lead_cap: {
    words: 'new-lead cap reached',
    change: 'Raise the cap on new people.',
    place: 'schedule',
    tone: 'held',
  },
  company_cap: {
    words: 'company cap reached',
    change: 'Raise the cap per company.',
    place: 'schedule',
    tone: 'held',
  },
  mailbox_absent: {
    words: 'mailbox away',
    change: 'Remove the absence.',
    place: 'mailboxes',
    tone: 'held',
  },
  throttled: {
    words: 'provider throttles',
    change: 'It goes on by itself.',
    place: 'mailboxes',
    tone: 'held',
  },
  provider_cap: {
    words: 'provider cap reached',
    change: 'It goes on by itself.',
    place: 'mailboxes',
    tone: 'held',
  },
  health_cap: {
    words: 'slowed for its health',
    change: 'See why at the mailbox.',
    place: 'mailboxes',
    tone: 'held',
  },
  ramp: { words: 'mailbox ramping up', change: 'Raise its ramp.', place: 'mailboxes', tone: 'held' },
  mailbox_cap: {
    words: 'mailbox cap reached',
    change: 'Raise its daily limit, or add a mailbox.',
    place: 'mailboxes',
    tone: 'held',
  },
  domain_cap: {
    words: 'domain cap reached',
    change: "It resumes tomorrow, or when the organization's limit is raised.",
    place: 'organization',
    tone: 'held',
  },
  outside_workday: {
    words: "outside mailbox's workday",
    change: 'Widen its workday.',
    place: 'mailboxes',
    tone: 'held',
  },
  mailbox_gap: {
    words: 'gap between messages',
    change: 'Shorten the gap.',
    place: 'mailboxes',
    tone: 'idle',
  },
  waiting_turn: {
    words: 'waiting for its turn',
    change: 'Add another mailbox.',
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
  change: string | undefined;
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
      change: undefined,
      href: undefined,
      go: undefined,
      tone: 'held',
    };
  return {
    words: why.words,
    change: why.change,
    href: hrefOf(why.place, context),
    go: why.place ? GO[why.place] : undefined,
    tone: why.tone,
  };
}
