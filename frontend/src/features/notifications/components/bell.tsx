'use client';
import { Bell } from 'lucide-react';
import Link from 'next/link';

import { Button } from '@/components/ui/button';
import { Popover } from '@/components/ui/menu';
import { cn } from '@/lib/cn';
import { ago, fullTime } from '@/lib/format';
import { paths, withQuery } from '@/lib/paths';

import { useMarkNotificationsRead, useNotifications, type Notification } from '../api/notifications';

/** Where a notification leads, by what it is about: `campaign:<id>`, or a place of its own. */
export function hrefOf(subject: string | null): string | null {
  if (subject === 'jobs') return paths.settingsPart('work');
  const [kind, id] = subject?.split(':') ?? [];
  if (!kind || !id) return null;
  if (kind === 'campaign') return paths.campaign(id);
  if (kind === 'mailbox' || kind === 'email_account') return paths.mailbox(id);
  if (kind === 'import') return withQuery(paths.leadsImport(), { id });
  if (kind === 'lead') return paths.lead(id);
  if (kind === 'thread') return paths.thread(id);
  return null;
}

export function NotificationBell() {
  const { data } = useNotifications();
  const read = useMarkNotificationsRead();
  const items = data?.items ?? [];
  const unread = data?.unread ?? 0;
  return (
    <Popover
      label="Notifications"
      align="end"
      className="w-[min(22rem,calc(100vw-2rem))] p-0"
      trigger={
        <Button
          variant="ghost"
          size="icon"
          className="relative"
          aria-label={unread ? `Notifications, ${unread} unread` : 'Notifications'}
        >
          <Bell aria-hidden />
          {unread > 0 && (
            <span
              aria-hidden
              className="absolute top-1.5 right-1.5 size-2 rounded-full bg-sending ring-2 ring-panel"
            />
          )}
        </Button>
      }
    >
      <div className="flex min-h-11 items-center justify-between border-b px-3">
        <span className="font-semibold">Notifications</span>
        {unread > 0 && (
          <Button variant="ghost" size="sm" loading={read.isPending} onClick={() => read.mutate(null)}>
            Mark all read
          </Button>
        )}
      </div>
      {items.length === 0 ? (
        <p className="px-3 py-8 text-center text-ink-2">Nothing to tell.</p>
      ) : (
        <ul className="scroll-slim max-h-96 divide-y overflow-y-auto">
          {items.map((one) => (
            <Line key={one.id} one={one} onRead={() => one.read_at === null && read.mutate([one.id])} />
          ))}
        </ul>
      )}
    </Popover>
  );
}

function Line({ one, onRead }: { one: Notification; onRead: () => void }) {
  const href = hrefOf(one.subject);
  return (
    <li className={cn('relative px-3 py-2.5', href && 'hover:bg-hover')}>
      <p className="flex items-baseline gap-2">
        <span className={cn('min-w-0 flex-1', one.read_at === null && 'font-semibold')}>
          {href ? (
            <Link href={href} prefetch={false} onClick={onRead} className="after:absolute after:inset-0">
              {one.title}
            </Link>
          ) : (
            one.title
          )}
        </span>
        <time
          dateTime={one.created_at}
          title={fullTime(one.created_at)}
          className="shrink-0 text-xs text-ink-3"
        >
          {ago(one.created_at)}
        </time>
      </p>
      {one.detail && <p className="text-xs text-ink-2">{one.detail}</p>}
    </li>
  );
}
