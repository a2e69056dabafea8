'use client';
import { EditorContent, useEditor, type Editor } from '@tiptap/react';
import StarterKit from '@tiptap/starter-kit';
import { Bold, Italic, Link2, List, ListOrdered, RemoveFormatting, type LucideIcon } from 'lucide-react';
import { useEffect, useRef } from 'react';

import { Button } from '@/components/ui/button';
import { cn } from '@/lib/cn';

import { TagMarks } from './tag-marks';

export interface RichEditorProps {
  value: string;
  onChange: (html: string) => void;
  known: ReadonlySet<string>;
  label: string;
  readOnly?: boolean;
  /** Gives the caller the way to put a merge tag where the cursor is. */
  onReady?: (insert: (text: string) => void) => void;
}

export default function RichEditor({ value, onChange, known, label, readOnly, onReady }: RichEditorProps) {
  const fields = useRef(known);
  const changed = useRef(onChange);
  useEffect(() => {
    fields.current = known;
    changed.current = onChange;
  });
  const editor = useEditor({
    immediatelyRender: false,
    editable: !readOnly,
    extensions: [
      StarterKit.configure({
        heading: false,
        codeBlock: false,
        code: false,
        horizontalRule: false,
        link: { openOnClick: false, autolink: false, defaultProtocol: 'https' },
      }),
      // eslint-disable-next-line react-hooks/refs -- read later, while typing, not while rendering
      TagMarks.configure({ known: () => fields.current }),
    ],
    content: value,
    editorProps: {
      attributes: { class: 'mail-body', 'aria-label': label, role: 'textbox', 'aria-multiline': 'true' },
    },
    onUpdate: ({ editor: now }) => changed.current(now.isEmpty ? '' : now.getHTML()),
  });
  useEffect(() => {
    if (!editor) return;
    onReady?.((text) => editor.chain().focus().insertContent(text).run());
  }, [editor, onReady]);
  useEffect(() => {
    // Another step or an undo from outside; typing itself never comes back through here.
    if (editor && !editor.isFocused && editor.getHTML() !== value) editor.commands.setContent(value);
  }, [editor, value]);
  if (!editor) return <div className="min-h-64" />;
  return (
    <>
      {!readOnly && <Toolbar editor={editor} />}
      <EditorContent editor={editor} className="min-h-64 flex-1 cursor-text px-3 py-2.5 text-base" />
    </>
  );
}

function Toolbar({ editor }: { editor: Editor }) {
  const run = () => editor.chain().focus();
  function setLink(): void {
    const old = editor.getAttributes('link').href as string | undefined;
    const href = window.prompt('Link to (leave empty to remove)', old ?? 'https://');
    if (href === null) return;
    if (href === '' || href === 'https://') run().extendMarkRange('link').unsetLink().run();
    else run().extendMarkRange('link').setLink({ href }).run();
  }
  const tools: { icon: LucideIcon; label: string; active: boolean; act: () => void }[] = [
    { icon: Bold, label: 'Bold', active: editor.isActive('bold'), act: () => run().toggleBold().run() },
    {
      icon: Italic,
      label: 'Italic',
      active: editor.isActive('italic'),
      act: () => run().toggleItalic().run(),
    },
    { icon: Link2, label: 'Link', active: editor.isActive('link'), act: setLink },
    {
      icon: List,
      label: 'Bulleted list',
      active: editor.isActive('bulletList'),
      act: () => run().toggleBulletList().run(),
    },
    {
      icon: ListOrdered,
      label: 'Numbered list',
      active: editor.isActive('orderedList'),
      act: () => run().toggleOrderedList().run(),
    },
    {
      icon: RemoveFormatting,
      label: 'Clear formatting',
      active: false,
      act: () => run().clearNodes().unsetAllMarks().run(),
    },
  ];
  return (
    <div role="toolbar" aria-label="Formatting" className="flex gap-0.5 border-b px-1.5 py-1">
      {tools.map(({ icon: Icon, label, active, act }) => (
        <Button
          key={label}
          variant="ghost"
          size="icon-sm"
          aria-label={label}
          aria-pressed={active}
          title={label}
          onMouseDown={(event) => event.preventDefault()}
          onClick={act}
          className={cn(active && 'bg-hover text-ink')}
        >
          <Icon aria-hidden />
        </Button>
      ))}
    </div>
  );
}
