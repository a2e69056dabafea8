/**
 * Reads the template grammar well enough to colour it while it is typed. What may be sent is decided by
 * the API's renderer alone; this only finds the pieces.
 */
export type Piece =
  | { kind: 'field'; from: number; to: number; name: string; fallback: boolean }
  | { kind: 'condition'; from: number; to: number; name: string | null }
  | { kind: 'spin'; from: number; to: number };

const FIELD = /\{\{\s*([A-Za-z_][\w-]*)\s*(\|\s*fallback:\s*(?:"[^"]*"|'[^']*'))?\s*\}\}/g;
const CONDITION = /\{%-?\s*(?:(?:if|elsif|unless)\s+([A-Za-z_][\w-]*)[^%]*|else|endif|endunless)\s*-?%\}/g;
// Innermost groups only: an outer one is coloured by its parts.
const SPIN = /\{(?![{%])([^{}]*\|[^{}]*)\}(?!\})/g;

/** Columns every lead has, and what the sender brings along. */
export const BUILT_IN_FIELDS: readonly { name: string; label: string; sample: string }[] = [
  { name: 'first_name', label: 'First name', sample: 'there' },
  { name: 'last_name', label: 'Last name', sample: '' },
  { name: 'company', label: 'Company', sample: 'your team' },
  { name: 'position', label: 'Position', sample: '' },
  { name: 'country', label: 'Country', sample: '' },
  { name: 'email', label: 'E-mail address', sample: '' },
  { name: 'opening_line', label: 'Opening line', sample: '' },
  { name: 'sender_name', label: 'Sender name', sample: '' },
  { name: 'signature', label: 'Signature', sample: '' },
  { name: 'postal_address', label: 'Postal address', sample: '' },
  { name: 'unsubscribe_url', label: 'Unsubscribe link', sample: '' },
];

export function findPieces(text: string): Piece[] {
  const pieces: Piece[] = [];
  for (const match of text.matchAll(FIELD))
    pieces.push({
      kind: 'field',
      from: match.index,
      to: match.index + match[0].length,
      name: match[1] ?? '',
      fallback: Boolean(match[2]),
    });
  for (const match of text.matchAll(CONDITION))
    pieces.push({
      kind: 'condition',
      from: match.index,
      to: match.index + match[0].length,
      name: match[1] ?? null,
    });
  for (const match of text.matchAll(SPIN))
    pieces.push({ kind: 'spin', from: match.index, to: match.index + match[0].length });
  return pieces.sort((a, b) => a.from - b.from);
}

/** `{{ first_name | fallback: "there" }}`; without a fallback a lead lacking the field is held. */
export function mergeTag(name: string, fallback = ''): string {
  return fallback ? `{{ ${name} | fallback: "${fallback.replaceAll('"', '')}" }}` : `{{ ${name} }}`;
}

/** Whether a stored body is HTML or plain text with line breaks. */
export function isHtml(body: string): boolean {
  return /<\/?(p|div|br|a|ul|ol|li|strong|em|b|i|table|span|h[1-6]|img|blockquote|html|body)\b[^>]*>/i.test(
    body,
  );
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Plain text as paragraphs, for the rich editor. */
export function textToHtml(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .split(/\n{2,}/)
    .map((part) => part.replace(/[&<>]/g, (sign) => ENTITIES[sign] ?? sign).replaceAll('\n', '<br>'))
    .map((part) => `<p>${part}</p>`)
    .join('');
}

/** Paragraphs as plain text, for the plain editor. Formatting is lost; tags are kept to the letter. */
export function htmlToText(html: string): string {
  const document = new DOMParser().parseFromString(html, 'text/html');
  for (const br of document.querySelectorAll('br')) br.replaceWith('\n');
  for (const link of document.querySelectorAll('a[href]')) {
    const href = link.getAttribute('href') ?? '';
    if (href && href !== link.textContent) link.append(` (${href})`);
  }
  for (const item of document.querySelectorAll('li')) item.prepend('- ');
  for (const block of document.querySelectorAll('p, div, ul, ol, blockquote, h1, h2, h3'))
    block.append('\n\n');
  for (const item of document.querySelectorAll('li')) item.append('\n');
  return (document.body.textContent ?? '').replace(/\n{3,}/g, '\n\n').trim();
}
