'use client';
import { Braces, Shuffle } from 'lucide-react';
import dynamic from 'next/dynamic';
import { useCallback, useMemo, useRef, useState, type RefObject } from 'react';

import { Button } from '@/components/ui/button';
import { fieldStyle } from '@/components/ui/input';
import { Menu, MenuItem, MenuLabel, MenuSeparator } from '@/components/ui/menu';
import { Segmented } from '@/components/ui/segmented';
import { Skeleton } from '@/components/ui/states';
import { cn } from '@/lib/cn';
import { BUILT_IN_FIELDS, findPieces, htmlToText, isHtml, mergeTag, textToHtml } from '@/lib/merge';

const RichEditor = dynamic(() => import('./rich-editor'), {
  ssr: false,
  loading: () => <Skeleton className="m-3 h-60" />,
});

export interface MessageEditorProps {
  subject: string;
  body: string;
  onSubject: (subject: string) => void;
  onBody: (body: string) => void;
  /** The custom fields of the leads, beside the built-in names. */
  customFields?: readonly string[];
  /** A follow-up without a subject of its own stays in the thread. */
  followUp?: boolean;
  readOnly?: boolean;
}

type Mode = 'rich' | 'plain';

/** Subject and body of one step, with merge tags; formatted or plain. */
export function MessageEditor(props: MessageEditorProps) {
  const { subject, body, onSubject, onBody, customFields = [], followUp, readOnly } = props;
  const [mode, setMode] = useState<Mode>(() => (body === '' || isHtml(body) ? 'rich' : 'plain'));
  const [focused, setFocused] = useState<'subject' | 'body'>('body');
  const subjectRef = useRef<HTMLInputElement>(null);
  const plainRef = useRef<HTMLTextAreaElement>(null);
  const insertRich = useRef<((text: string) => void) | null>(null);
  const known = useMemo(
    () => new Set([...BUILT_IN_FIELDS.map((field) => field.name), ...customFields]),
    [customFields],
  );
  const ready = useCallback((insert: (text: string) => void) => {
    insertRich.current = insert;
  }, []);

  function insert(text: string): void {
    if (focused === 'subject') insertAt(subjectRef, subject, text, onSubject);
    else if (mode === 'plain') insertAt(plainRef, body, text, onBody);
    else insertRich.current?.(text);
  }
  function switchMode(next: Mode): void {
    if (next === mode) return;
    onBody(next === 'plain' ? htmlToText(body) : textToHtml(body));
    setMode(next);
  }
  const unknown = findPieces(subject)
    .filter((piece) => piece.kind === 'field' && !known.has(piece.name))
    .map((piece) => (piece.kind === 'field' ? piece.name : ''));

  return (
    <div className="flex min-h-0 flex-col">
      <label className="flex items-center gap-3 border-b px-3">
        <span className="text-ink-3">Subject</span>
        <input
          ref={subjectRef}
          value={subject}
          readOnly={readOnly}
          maxLength={998}
          onFocus={() => setFocused('subject')}
          onChange={(event) => onSubject(event.target.value)}
          placeholder={followUp ? 'Empty: a reply in the same thread' : 'What is it about?'}
          aria-invalid={unknown.length > 0}
          className="h-10 min-w-0 flex-1 bg-transparent text-base outline-none"
        />
      </label>
      {unknown.length > 0 && (
        <p className="border-b bg-bounced-soft px-3 py-1 text-xs text-bounced">
          No lead has a field {unknown.map((name) => `“${name}”`).join(', ')}.
        </p>
      )}
      <div className="flex min-h-64 flex-1 flex-col" onFocus={() => setFocused('body')}>
        {mode === 'rich' ? (
          <RichEditor
            value={isHtml(body) || body === '' ? body : textToHtml(body)}
            onChange={onBody}
            known={known}
            label="Message body"
            readOnly={readOnly}
            onReady={ready}
          />
        ) : (
          <textarea
            ref={plainRef}
            value={body}
            readOnly={readOnly}
            onChange={(event) => onBody(event.target.value)}
            aria-label="Message body"
            spellCheck
            className={cn(fieldStyle, 'min-h-72 flex-1 resize-y rounded-none border-0 px-3 py-2.5 text-base')}
          />
        )}
      </div>
      <div className="flex flex-wrap items-center justify-between gap-2 border-t px-2 py-1.5">
        <div className="flex gap-1">
          {!readOnly && <FieldMenu customFields={customFields} onPick={insert} />}
          {!readOnly && (
            <Button
              variant="ghost"
              size="sm"
              title="Every lead gets one of the alternatives, always the same one"
              onClick={() => insert('{Hi|Hello|Good day}')}
            >
              <Shuffle aria-hidden /> Spintax
            </Button>
          )}
        </div>
        <Segmented
          label="Format"
          value={mode}
          onValueChange={switchMode}
          options={[
            { value: 'rich', label: 'Formatted' },
            { value: 'plain', label: 'Plain' },
          ]}
        />
      </div>
    </div>
  );
}

function FieldMenu({
  customFields,
  onPick,
}: {
  customFields: readonly string[];
  onPick: (text: string) => void;
}) {
  return (
    <Menu
      align="start"
      side="top"
      trigger={
        <Button variant="ghost" size="sm">
          <Braces aria-hidden /> Insert field
        </Button>
      }
    >
      <MenuLabel>Every lead</MenuLabel>
      {BUILT_IN_FIELDS.map((field) => (
        <MenuItem key={field.name} onSelect={() => onPick(mergeTag(field.name, field.sample))}>
          <span className="flex-1">{field.label}</span>
          <code className="text-2xs text-ink-3">{field.name}</code>
        </MenuItem>
      ))}
      {customFields.length > 0 && (
        <>
          <MenuSeparator />
          <MenuLabel>Your own fields</MenuLabel>
          {customFields.map((name) => (
            <MenuItem key={name} onSelect={() => onPick(mergeTag(name, ''))}>
              <code className="text-xs">{name}</code>
            </MenuItem>
          ))}
        </>
      )}
    </Menu>
  );
}

function insertAt(
  ref: RefObject<HTMLInputElement | HTMLTextAreaElement | null>,
  value: string,
  text: string,
  set: (value: string) => void,
): void {
  const field = ref.current;
  const from = field?.selectionStart ?? value.length;
  const to = field?.selectionEnd ?? from;
  set(value.slice(0, from) + text + value.slice(to));
  requestAnimationFrame(() => {
    field?.focus();
    field?.setSelectionRange(from + text.length, from + text.length);
  });
}
