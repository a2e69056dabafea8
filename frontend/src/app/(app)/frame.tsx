'use client';
import { ChartColumn, House, Inbox, Mail, Send, Settings, Users } from 'lucide-react';
import { usePathname, useRouter } from 'next/navigation';
import { useEffect, useState, type ReactNode } from 'react';

import { Mark } from '@/components/layout/mark';
import { Shell, type NavItem } from '@/components/layout/shell';
import { Boundary } from '@/components/ui/boundary';
import { KeyboardHelp } from '@/components/ui/keyboard-help';
import { ErrorState, Skeleton } from '@/components/ui/states';
import { usePulse } from '@/features/analytics/api/get-pulse';
import { PulseLine, PulseUnknown } from '@/features/analytics/components/pulse-line';
import { useMe, type Me } from '@/features/identity/api/get-me';
import { HeldBanner } from '@/features/identity/components/held-banner';
import { UserMenu } from '@/features/identity/components/user-menu';
import { LiveProvider, useLiveStatus } from '@/features/live/live-provider';
import { NotificationBell } from '@/features/notifications/components/bell';
import { useAuth } from '@/hooks/use-auth';
import { useHotkeys } from '@/hooks/use-hotkeys';
import { refresh } from '@/lib/auth';
import { can } from '@/lib/can';
import { showTimesIn } from '@/lib/format';
import { paths, withQuery } from '@/lib/paths';
import { beforeLeaving } from '@/lib/unsaved';

import { Palette } from './palette';
import { SHORTCUTS } from './shortcuts';

/** Lets in who is signed in; everybody else goes to the sign-in page and comes back after it. */
export function AppFrame({ children }: { children: ReactNode }) {
  const { state } = useAuth();
  const router = useRouter();
  const path = usePathname();
  const me = useMe();
  const [failed, setFailed] = useState<unknown>(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    if (state === 'unknown') refresh().catch(setFailed);
    if (state === 'out') {
      const here = path + window.location.search;
      router.replace(withQuery(paths.signIn, { next: here === paths.today ? null : here }));
    }
  }, [state, path, router, attempt]);
  const error = state === 'unknown' ? failed : me.isLoadingError ? me.error : null;
  if (error)
    return (
      <main className="flex min-h-dvh items-center">
        <ErrorState
          error={error}
          onRetry={() => {
            setFailed(null);
            setAttempt(attempt + 1);
            void me.refetch();
          }}
        />
      </main>
    );
  if (state !== 'in' || !me.data) return <FrameSkeleton />;
  return <SignedIn me={me.data}>{children}</SignedIn>;
}

function SignedIn({ me, children }: { me: Me; children: ReactNode }) {
  // Before anything below is drawn, so that no time is first shown by another clock.
  showTimesIn(me.user.timezone ?? null);
  const pulse = usePulse();
  // Live events resume after the number the first pulse names; without the right to see it, from now on.
  if (can(me, 'analytics:view') && !pulse.data && !pulse.isLoadingError) return <FrameSkeleton />;
  return (
    <LiveProvider lastSeq={pulse.data?.last_seq ?? null}>
      <Frame me={me}>{children}</Frame>
    </LiveProvider>
  );
}

function Frame({ me, children }: { me: Me; children: ReactNode }) {
  const router = useRouter();
  const live = useLiveStatus();
  const { data: pulse } = usePulse();
  const go = (path: string) => beforeLeaving(() => router.push(path));
  const [palette, setPalette] = useState(false);
  const [help, setHelp] = useState(false);
  useHotkeys({
    'mod+k': () => setPalette(true),
    '/': () => {
      const search = document.querySelector<HTMLInputElement>('main input[type="search"]');
      if (search) search.focus();
      else setPalette(true);
    },
    '?': () => setHelp(true),
    'g t': () => go(paths.today),
    'g c': () => go(paths.campaigns),
    'g i': () => go(paths.inbox),
    'g l': () => go(paths.leads),
    'g m': () => go(paths.mailboxes),
    'g a': () => go(paths.analytics),
    'g s': () => go(paths.settings),
  });
  const nav: NavItem[] = [
    { href: paths.today, label: 'Today', icon: House },
    { href: paths.campaigns, label: 'Campaigns', icon: Send, count: pulse?.active_campaigns },
    { href: paths.inbox, label: 'Inbox', icon: Inbox, count: pulse?.unread_threads, alert: true },
    { href: paths.leads, label: 'Leads', icon: Users },
    {
      href: paths.mailboxes,
      label: 'Mailboxes',
      icon: Mail,
      count: pulse?.mailboxes_in_trouble,
      alert: true,
    },
    { href: paths.analytics, label: 'Analytics', icon: ChartColumn },
    { href: paths.settings, label: 'Settings', icon: Settings },
  ];
  return (
    <Shell
      organization={me.organization.name || 'Your organization'}
      nav={nav}
      pulse={
        <Boundary fallback={<PulseUnknown />}>
          <PulseLine live={live} zone={me.organization.timezone} />
        </Boundary>
      }
      userMenu={
        <>
          <Boundary fallback={null}>
            <NotificationBell />
          </Boundary>
          <UserMenu me={me} onKeyboard={() => setHelp(true)} />
        </>
      }
      onPalette={() => setPalette(true)}
    >
      <Boundary fallback={null}>
        <HeldBanner me={me} />
      </Boundary>
      {children}
      <Boundary fallback={null}>
        <Palette open={palette} onOpenChange={setPalette} me={me} onHelp={() => setHelp(true)} />
      </Boundary>
      <KeyboardHelp open={help} onOpenChange={setHelp} groups={SHORTCUTS} />
    </Shell>
  );
}

/** The shell's true shape before anything is known; also what the exported pages show first. */
function FrameSkeleton() {
  return (
    <div className="flex h-dvh flex-col" role="status" aria-label="Loading">
      <div className="flex min-h-0 flex-1">
        <div className="hidden w-54 border-r p-3 md:block">
          <div className="flex items-center gap-2.5">
            <Mark />
            <Skeleton className="h-3 w-24" />
          </div>
          <div className="mt-6 space-y-4 px-1">
            {[20, 24, 14, 16, 22].map((width) => (
              <Skeleton key={width} className="h-3" />
            ))}
          </div>
        </div>
        <div className="flex-1">
          <div className="flex h-13 items-center border-b bg-panel px-5">
            <Skeleton className="h-3.5 w-32" />
          </div>
        </div>
      </div>
      <div className="h-8 border-t bg-panel" />
    </div>
  );
}
