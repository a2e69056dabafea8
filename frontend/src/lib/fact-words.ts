const WORDS: Record<string, string> = {
  c_level: 'Executive (C level)',
  vp: 'Vice president',
  it: 'IT',
};

/** The value of a found fact for people to read: `c_level` is a name for programs. Only of the facts that are names. */
export function factWords(name: string, value: string): string {
  if (name !== 'seniority' && name !== 'department') return value;
  const plain = value.replaceAll('_', ' ');
  return WORDS[value] ?? plain.charAt(0).toUpperCase() + plain.slice(1);
}
