'use client';
import { Inbox } from 'lucide-react';

import { Page } from '@/components/layout/page';
import { Boundary } from '@/components/ui/boundary';
import { Choice } from '@/components/ui/choice';
import { Key } from '@/components/ui/keyboard-help';
import { PagedList } from '@/components/ui/paged-list';
import { Segmented } from '@/components/ui/segmented';
import { EmptyState } from '@/components/ui/states';
import { useMe } from '@/features/identity/api/get-me';
import { useThreads } from '@/features/inbox/api/threads';
import { Conversation } from '@/features/inbox/components/conversation';
import { ThreadList } from '@/features/inbox/components/thread-list';
import { INTENTS } from '@/features/inbox/model';
import { useHotkeys } from '@/hooks/use-hotkeys';
import { useUrlState } from '@/hooks/use-url-state';
import { can } from '@/lib/can';
import { cn } from '@/lib/cn';

const SHOWS = [
  { value: 'all', label: 'All' },
  { value: 'unread', label: 'Unread' },
  { value: 'snoozed', label: 'Snoozed' },
] as const;
type Show = (typeof SHOWS)[number]['value'];

const EMPTY: Record<Show, { title: (filtered: boolean) => string; words: string }> = {
  all: {
    title: (filtered) => (filtered ? 'Nothing in this folder' : 'No reply yet'),
    words: 'Replies to your campaigns come here, sorted by what people want.',
  },
  unread: { title: () => 'All read', words: 'New replies appear here by themselves.' },
  snoozed: {
    title: () => 'Nothing snoozed',
    words: 'Snooze a conversation with the clock; it comes back to the inbox when its time is up.',
  },
};

const FOLDERS = [{ value: '', label: 'Everything' }, ...INTENTS];

export function InboxView() {
  const { data: me } = useMe();
  const [asked, setShow] = useUrlState('show', 'all');
  const show: Show = SHOWS.find((one) => one.value === asked)?.value ?? 'all';
  const [intent, setIntent] = useUrlState('intent');
  const [open, setOpen] = useUrlState('thread', '', 'push');
  const known = INTENTS.find((one) => one.value === intent)?.value;
  const list = useThreads({
    ...(known ? { intent: known } : {}),
    ...(show === 'unread' ? { unread: true } : {}),
    ...(show === 'snoozed' ? { snoozed: true } : {}),
  });
  const threads = list.rows;
  const step = (by: number) => {
    const at = threads.findIndex((thread) => thread.id === open);
    const next = threads[Math.min(Math.max(at + by, 0), threads.length - 1)];
    if (next) setOpen(next.id);
  };
  useHotkeys({ j: () => step(1), k: () => step(-1), Escape: () => setOpen('') });
  const writes = can(me, 'inbox:write');
  return (
    <Page
      title="Inbox"
      fill
      className="p-0 md:p-0"
      actions={<Segmented label="Show" value={show} onValueChange={setShow} options={SHOWS} />}
    >
      <div className="flex min-h-0 flex-1">
        <nav aria-label="Folders" className="hidden w-44 shrink-0 border-r p-2 xl:block">
          {FOLDERS.map((folder) => (
            <button
              key={folder.value}
              type="button"
              aria-current={intent === folder.value ? 'true' : undefined}
              onClick={() => setIntent(folder.value)}
              className={cn(
                'flex h-8 w-full items-center rounded-md px-2.5 text-left text-ink-2 hover:bg-hover',
                intent === folder.value && 'bg-hover font-medium text-ink',
              )}
            >
              {folder.label}
            </button>
          ))}
        </nav>
        <section
          aria-label="Threads"
          className={cn(
            'scroll-slim min-h-0 w-full shrink-0 overflow-y-auto border-r bg-panel md:w-80 lg:w-96',
            open && 'max-md:hidden',
          )}
        >
          <div className="border-b p-2 xl:hidden">
            <Choice label="Folder" value={intent} onValueChange={setIntent} options={FOLDERS} />
          </div>
          <PagedList
            pages={list}
            skeleton={8}
            empty={
              <EmptyState icon={Inbox} title={EMPTY[show].title(Boolean(known))}>
                {EMPTY[show].words}
              </EmptyState>
            }
          >
            {(rows) => <ThreadList threads={rows} current={open} onOpen={setOpen} />}
          </PagedList>
        </section>
        <section
          aria-label="Conversation"
          className={cn('min-h-0 min-w-0 flex-1 flex-col', open ? 'flex' : 'hidden md:flex')}
        >
          {open ? (
            <Boundary key={open} className="my-auto">
              <Conversation id={open} canWrite={writes} onClose={() => setOpen('')} />
            </Boundary>
          ) : (
            <EmptyState title="No conversation open" className="my-auto">
              Pick one from the list, or press <Key>j</Key> and <Key>k</Key> to move through it.
            </EmptyState>
          )}
        </section>
      </div>
    </Page>
  );
}
