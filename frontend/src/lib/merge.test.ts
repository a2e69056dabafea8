import { describe, expect, test } from 'vitest';

import { findPieces, htmlToText, isHtml, mergeTag, textToHtml } from './merge';

describe('merge tags', () => {
  test('fields, conditions and spintax are told apart', () => {
    const text =
      '{Hi|Hello} {{ first_name | fallback: "there" }}{% if company %} at {{ company }}{% endif %}';
    expect(findPieces(text).map((piece) => piece.kind)).toEqual([
      'spin',
      'field',
      'condition',
      'field',
      'condition',
    ]);
  });
  test('a fallback is seen, also with single quotes', () => {
    const [piece] = findPieces("{{ first_name | fallback: 'you' }}");
    expect(piece).toMatchObject({ kind: 'field', name: 'first_name', fallback: true });
  });
  test('braces that are no tag stay text', () => {
    expect(findPieces('{just braces} {{ }} {{7*7}}')).toEqual([]);
  });
  test('places are those of the text', () => {
    const text = 'Hello {{ name }}!';
    const [piece] = findPieces(text);
    expect(text.slice(piece?.from, piece?.to)).toBe('{{ name }}');
  });
  test('a quote in a fallback cannot break the tag', () => {
    expect(mergeTag('company', 'your "team"')).toBe('{{ company | fallback: "your team" }}');
  });
});

describe('formatted and plain', () => {
  test('tags are no HTML, paragraphs are', () => {
    expect(isHtml('Hi {{ first_name }},\n\n1 < 2')).toBe(false);
    expect(isHtml('<p>Hi</p>')).toBe(true);
  });
  test('plain text keeps its lines and loses no sign', () => {
    expect(textToHtml('a & b\nc\n\n<d>')).toBe('<p>a &amp; b<br>c</p><p>&lt;d&gt;</p>');
  });
  test('there and back again gives the same words and tags', () => {
    const text = 'Hi {{ first_name | fallback: "there" }},\n\nline one\nline two';
    expect(htmlToText(textToHtml(text))).toBe(text);
  });
  test('a link keeps its address in plain text', () => {
    expect(htmlToText('<p>See <a href="https://example.com/a">here</a></p>')).toBe(
      'See here (https://example.com/a)',
    );
  });
});
