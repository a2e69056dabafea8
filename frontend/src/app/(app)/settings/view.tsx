'use client';
import { Lock } from 'lucide-react';

import { Page } from '@/components/layout/page';
import { Panel } from '@/components/ui/card';
import { Choice } from '@/components/ui/choice';
import { EmptyState, ErrorState, Skeleton } from '@/components/ui/states';
import { useMe } from '@/features/identity/api/get-me';
import { useOrganization } from '@/features/identity/api/organization';
import { AuditLog } from '@/features/identity/components/audit-log';
import { DeleteAccount, DeleteOrganization } from '@/features/identity/components/deletion';
import { OrganizationForm } from '@/features/identity/components/organization-form';
import { MemberList, SessionList, UsageList } from '@/features/identity/components/people-lists';
import { PasswordForm, ProfileForm } from '@/features/identity/components/profile-form';
import { useFailedJobs } from '@/features/jobs/api/failed-jobs';
import { FailedJobs } from '@/features/jobs/components/failed-jobs';
import { SuppressionList } from '@/features/suppressions/components/suppression-list';
import { useUrlState } from '@/hooks/use-url-state';
import { can } from '@/lib/can';
import { cn } from '@/lib/cn';
import { beforeLeaving } from '@/lib/unsaved';

import { PARTS, partsFor, type Part as PartOf } from './parts';

export function SettingsView() {
  const [raw, writePart] = useUrlState('part', 'profile');
  const setPart = (next: string) => beforeLeaving(() => writePart(next));
  const { data: me } = useMe();
  const parts = partsFor(me);
  const part = PARTS.find((one) => one.value === raw)?.value ?? 'profile';
  const failed = useFailedJobs(can(me, 'org:admin')).data?.length ?? 0;
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
              <span className="flex-1">{one.label}</span>
              {one.value === 'work' && failed > 0 && (
                <span className="text-xs text-bounced" aria-label={`${failed} failed`}>
                  {failed}
                </span>
              )}
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

function Part({ part }: { part: PartOf['value'] }) {
  const { data: me } = useMe();
  if (!me) return <Skeleton className="h-64" />;
  // A notification may lead somebody here who may not look.
  if (!partsFor(me).some((one) => one.value === part))
    return (
      <EmptyState icon={Lock} title="For administrators">
        Ask an administrator of your organization to look here.
      </EmptyState>
    );
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
    case 'work':
      return <FailedJobs />;
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
  if (organization.isLoadingError)
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
