'use client';
import { Page } from '@/components/layout/page';
import { Panel } from '@/components/ui/card';
import { Choice } from '@/components/ui/choice';
import { ErrorState, Skeleton } from '@/components/ui/states';
import { useMe } from '@/features/identity/api/get-me';
import { useOrganization } from '@/features/identity/api/organization';
import { AuditLog } from '@/features/identity/components/audit-log';
import { DeleteAccount, DeleteOrganization } from '@/features/identity/components/deletion';
import { OrganizationForm } from '@/features/identity/components/organization-form';
import { MemberList, SessionList, UsageList } from '@/features/identity/components/people-lists';
import { PasswordForm, ProfileForm } from '@/features/identity/components/profile-form';
import { SuppressionList } from '@/features/suppressions/components/suppression-list';
import { useUrlState } from '@/hooks/use-url-state';
import { can } from '@/lib/can';
import { cn } from '@/lib/cn';

const PARTS = [
  { value: 'profile', label: 'Profile' },
  { value: 'organization', label: 'Organization' },
  { value: 'members', label: 'Members' },
  { value: 'suppressions', label: 'Do not contact' },
  { value: 'usage', label: 'Plan and usage' },
  { value: 'sessions', label: 'Sessions' },
  { value: 'audit', label: 'Audit log' },
] as const;

export function SettingsView() {
  const [raw, setPart] = useUrlState('part', 'profile');
  const { data: me } = useMe();
  const parts = PARTS.filter((one) => one.value !== 'audit' || can(me, 'org:admin'));
  const part = parts.find((one) => one.value === raw)?.value ?? 'profile';
  return (
    <Page title="Settings">
      <div className="mx-auto flex max-w-4xl flex-col gap-4 md:flex-row md:gap-8">
        <Choice label="Part" value={part} onValueChange={setPart} options={parts} className="md:hidden" />
        <nav aria-label="Parts of the settings" className="hidden w-40 shrink-0 space-y-px md:block">
          {parts.map((one) => (
            <button
              key={one.value}
              type="button"
              onClick={() => setPart(one.value)}
              aria-current={part === one.value ? 'page' : undefined}
              className={cn(
                'flex h-8 w-full items-center rounded-md px-2.5 text-left text-ink-2 hover:bg-hover',
                part === one.value && 'bg-hover font-medium text-ink',
              )}
            >
              {one.label}
            </button>
          ))}
        </nav>
        <div className="min-w-0 flex-1 space-y-4">
          <Part part={part} />
        </div>
      </div>
    </Page>
  );
}

function Part({ part }: { part: (typeof PARTS)[number]['value'] }) {
  const { data: me } = useMe();
  if (!me) return <Skeleton className="h-64" />;
  switch (part) {
    case 'profile':
      return (
        <>
          <Panel title="Profile">
            <ProfileForm me={me} />
          </Panel>
          <Panel title="Password">
            <PasswordForm />
          </Panel>
          <DeleteAccount email={me.user.email} />
        </>
      );
    case 'organization':
      return <OrganizationPart readOnly={!can(me, 'org:admin')} />;
    case 'members':
      return (
        <Panel title="Members" bodyClassName="p-0">
          <MemberList />
        </Panel>
      );
    case 'suppressions':
      return (
        <Panel
          title="Do not contact"
          description="Holds in every campaign and for every import"
          bodyClassName="p-0"
        >
          <SuppressionList canAdd={can(me, 'leads:write')} canDelete={can(me, 'org:admin')} />
        </Panel>
      );
    case 'usage':
      return (
        <Panel title="Plan and usage" bodyClassName="p-0">
          <UsageList />
        </Panel>
      );
    case 'sessions':
      return (
        <Panel title="Where you are signed in" bodyClassName="p-0">
          <SessionList />
        </Panel>
      );
    case 'audit':
      return (
        <Panel title="Audit log" description="Who did what, the latest first" bodyClassName="p-0">
          <AuditLog />
        </Panel>
      );
  }
}

function OrganizationPart({ readOnly }: { readOnly: boolean }) {
  const organization = useOrganization();
  if (organization.isPending) return <Skeleton className="h-64" />;
  if (organization.isError)
    return <ErrorState error={organization.error} onRetry={() => void organization.refetch()} />;
  return (
    <>
      <Panel title="Organization">
        <OrganizationForm key={organization.data.id} organization={organization.data} readOnly={readOnly} />
      </Panel>
      {!readOnly && <DeleteOrganization name={organization.data.name} />}
    </>
  );
}
