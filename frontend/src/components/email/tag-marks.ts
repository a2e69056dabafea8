import { Extension } from '@tiptap/react';
import { Plugin, PluginKey } from '@tiptap/pm/state';
import { Decoration, DecorationSet } from '@tiptap/pm/view';
import type { Node } from '@tiptap/pm/model';

import { findPieces } from '@/lib/merge';

function mark(doc: Node, known: ReadonlySet<string>): DecorationSet {
  const found: Decoration[] = [];
  doc.descendants((node, position) => {
    if (!node.isTextblock) return true;
    // Leaves (line breaks, images) count one position each, so they stand for one sign here.
    const text = node.textBetween(0, node.content.size, undefined, '\uFFFC');
    for (const piece of findPieces(text)) {
      const name = piece.kind === 'spin' ? null : piece.name;
      const kind =
        piece.kind === 'spin' ? 'tag-spin' : name && !known.has(name) ? 'tag-unknown' : 'tag-known';
      const title = kind === 'tag-unknown' ? `No lead has a field “${name}”` : undefined;
      found.push(
        Decoration.inline(position + 1 + piece.from, position + 1 + piece.to, {
          class: kind,
          ...(title ? { title } : {}),
        }),
      );
    }
    return false;
  });
  return DecorationSet.create(doc, found);
}

/** Colours merge tags, conditions and spintax; the text itself stays as it was typed. */
export const TagMarks = Extension.create<{ known: () => ReadonlySet<string> }>({
  name: 'tagMarks',
  addOptions() {
    return { known: () => new Set<string>() };
  },
  addProseMirrorPlugins() {
    const { known } = this.options;
    return [
      new Plugin({
        key: new PluginKey('tagMarks'),
        state: {
          init: (_, { doc }) => mark(doc, known()),
          apply: (change, old) => (change.docChanged ? mark(change.doc, known()) : old),
        },
        props: {
          decorations(state) {
            return this.getState(state);
          },
        },
      }),
    ];
  },
});
