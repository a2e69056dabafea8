/** What a new step begins with. Only fields that everybody has: a new mailbox has no signature, a lead no facts yet. */
interface Starter {
  first: string;
  followUp: string;
}

const STARTERS: Record<string, Starter> = {
  en: {
    first:
      '<p>Hi {{ first_name | fallback: "there" }},</p><p></p><p>Would you have ten minutes for this next week?</p><p>Best regards</p>',
    followUp:
      '<p>Hi {{ first_name | fallback: "there" }},</p><p>did this reach you at a bad moment?</p><p>Best regards</p>',
  },
  de: {
    first:
      '<p>Guten Tag{% if first_name %} {{ first_name }}{% endif %},</p><p></p><p>hätten Sie nächste Woche zehn Minuten dafür?</p><p>Freundliche Grüße</p>',
    followUp:
      '<p>Guten Tag{% if first_name %} {{ first_name }}{% endif %},</p><p>kam meine Nachricht ungelegen?</p><p>Freundliche Grüße</p>',
  },
};

/** In the first of the user's languages that there is a text in, else in English. */
export function starterFor(languages: readonly string[]): Starter {
  for (const language of languages) {
    const starter = STARTERS[language.split('-')[0]?.toLowerCase() ?? ''];
    if (starter) return starter;
  }
  return STARTERS.en as Starter;
}
