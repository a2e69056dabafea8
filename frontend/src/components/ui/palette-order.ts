import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';

export interface PaletteItem {
  id: string;
  label: string;
  hint?: ReactNode;
  icon?: LucideIcon;
  keywords?: string[];
  run: () => void;
}

export interface PaletteGroup {
  heading: string;
  /** `found`: what the search answered with; all else are commands, known by their names. */
  found?: boolean;
  items: readonly PaletteItem[];
}

const startsWith = (text: string, typed: string): boolean => text.toLowerCase().startsWith(typed);

/** How well a command fits: its name begins so, a word of it or a keyword does, or not at all. */
function fitOf({ label, keywords = [] }: PaletteItem, typed: string): 'name' | 'word' | 'none' {
  if (startsWith(label, typed)) return 'name';
  return [...label.split(/\s+/), ...keywords].some((word) => startsWith(word, typed)) ? 'word' : 'none';
}

/** What was found, people and things whose own name fits before those that matched by another field. */
function orderFound(groups: readonly PaletteGroup[], typed: string): PaletteGroup[] {
  const named = (item: PaletteItem) => (fitOf(item, typed) === 'none' ? 1 : 0);
  return groups
    .filter((group) => group.found)
    .map((group) => ({ ...group, items: group.items.toSorted((a, b) => named(a) - named(b)) }))
    .toSorted((a, b) => Math.min(...a.items.map(named)) - Math.min(...b.items.map(named)));
}

/**
 * What is shown for `text`, the likeliest first: commands whose name begins so, then what was found (somebody who types
 * a name means that person), then the other commands. Without text all commands, and nothing that was found.
 */
export function orderGroups(groups: readonly PaletteGroup[], text: string): PaletteGroup[] {
  const typed = text.trim().toLowerCase();
  const commands = groups.filter((group) => !group.found);
  if (!typed) return commands;
  const fitting = (fit: 'name' | 'word') =>
    commands.map((group) => ({ ...group, items: group.items.filter((item) => fitOf(item, typed) === fit) }));
  return [...fitting('name'), ...orderFound(groups, typed), ...fitting('word')].filter(
    (group) => group.items.length > 0,
  );
}
