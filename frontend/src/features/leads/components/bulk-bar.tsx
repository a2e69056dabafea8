'use client';
import { Ban, ShieldCheck, Trash2, UserPlus, X } from 'lucide-react';

import { Button } from '@/components/ui/button';
import { Confirm } from '@/components/ui/dialog';
import { Menu, MenuItem, MenuLabel } from '@/components/ui/menu';
import { toast, toastError } from '@/components/ui/toast';
import { plural } from '@/lib/format';

import { useActOnLeads } from '../api/act-on-leads';

type Action = 'delete' | 'enroll' | 'suppress' | 'verify';

const DONE: Record<Action, string> = {
  delete: 'deleted',
  enroll: 'added to the campaign',
  suppress: 'will not be written to',
  verify: 'being checked again',
};

export function LeadBulkBar({
  ids,
  campaigns,
  onClear,
}: {
  ids: readonly string[];
  campaigns: readonly { id: string; name: string }[];
  onClear: () => void;
}) {
  const act = useActOnLeads();
  const people = plural(ids.length, 'person', 'people');
  async function run(action: Action, campaign?: string): Promise<void> {
    try {
      const { done, skipped } = await act.mutateAsync({
        lead_ids: [...ids],
        action,
        ...(campaign ? { campaign_id: campaign } : {}),
      });
      toast.success(`${plural(done, 'person', 'people')} ${DONE[action]}`, {
        description: skipped > 0 ? `${skipped} were left as they are.` : '',
      });
      onClear();
    } catch (error) {
      toastError(error);
      throw error;
    }
  }
  const quietly = (action: Action, campaign?: string) => void run(action, campaign).catch(() => undefined);
  return (
    <div className="flex flex-wrap items-center gap-2">
      <span className="text-ink-2">{people} selected</span>
      {campaigns.length > 0 && (
        <Menu
          trigger={
            <Button size="sm" loading={act.isPending}>
              <UserPlus aria-hidden /> Add to campaign
            </Button>
          }
        >
          <MenuLabel>Add {people} to</MenuLabel>
          {campaigns.map((campaign) => (
            <MenuItem key={campaign.id} onSelect={() => quietly('enroll', campaign.id)}>
              {campaign.name}
            </MenuItem>
          ))}
        </Menu>
      )}
      <Button size="sm" onClick={() => quietly('verify')}>
        <ShieldCheck aria-hidden /> Verify
      </Button>
      <Confirm
        trigger={
          <Button size="sm">
            <Ban aria-hidden /> Do not contact
          </Button>
        }
        title={`Never write to ${people} again?`}
        description="They are taken out of every campaign, and no import brings them back."
        action="Do not contact"
        danger
        onConfirm={() => run('suppress')}
      />
      <Confirm
        trigger={
          <Button size="sm" variant="danger">
            <Trash2 aria-hidden /> Delete
          </Button>
        }
        title={`Delete ${people}?`}
        description="Their facts are gone for good. What was sent to them stays counted, without the person."
        action="Delete"
        danger
        onConfirm={() => run('delete')}
      />
      <Button variant="ghost" size="icon-sm" aria-label="Clear the selection" onClick={onClear}>
        <X aria-hidden />
      </Button>
    </div>
  );
}
