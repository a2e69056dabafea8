'use client';
import { Archive, Copy, Ellipsis, Pause, Pencil, Play, Trash2 } from 'lucide-react';
import { useRouter } from 'next/navigation';

import { Button } from '@/components/ui/button';
import { Confirm } from '@/components/ui/dialog';
import { Menu, MenuItem, MenuSeparator } from '@/components/ui/menu';
import { useRowSurface } from '@/components/ui/row-surface';
import { toast, toastError } from '@/components/ui/toast';
import { paths } from '@/lib/paths';

import { useActOnCampaign } from '../api/act-on-campaign';
import type { Campaign } from '../api/list-campaigns';

const QUESTIONS = {
  archive: (name: string) => ({
    title: `Archive ${name}?`,
    description: 'Nothing more is sent. Its figures and its ledger stay.',
    action: 'Archive',
  }),
  delete: (name: string) => ({
    title: `Delete ${name}?`,
    description: 'It has sent nothing yet, so nothing else is lost. Its leads stay in Leads.',
    action: 'Delete',
    danger: true,
  }),
};

export function CampaignMenu({ campaign, onGone }: { campaign: Campaign; onGone?: () => void }) {
  const router = useRouter();
  const act = useActOnCampaign();
  const surface = useRowSurface(`campaign ${campaign.id}`);
  const { id, status, name } = campaign;
  async function run(action: 'pause' | 'clone'): Promise<void> {
    try {
      const after = await act.mutateAsync({ id, action });
      if (action === 'pause') toast('Paused', { description: 'Nothing new starts from now on.' });
      if (action === 'clone' && after) router.push(paths.campaignEdit(after.id));
    } catch (error) {
      toastError(error);
    }
  }
  async function confirmed(action: 'archive' | 'delete'): Promise<void> {
    try {
      await act.mutateAsync({ id, action });
      toast(action === 'archive' ? `${name} is archived` : `${name} is deleted`);
      onGone?.();
    } catch (error) {
      toastError(error);
      throw error;
    }
  }
  const ask = (action: 'archive' | 'delete') =>
    surface.open((close) => (
      <Confirm
        open
        onOpenChange={(open) => !open && close()}
        {...QUESTIONS[action](name)}
        onConfirm={() => confirmed(action)}
      />
    ));
  return (
    <span className="relative z-10">
      <Menu
        trigger={
          <Button variant="ghost" size="icon-sm" aria-label={`Actions for ${name}`}>
            <Ellipsis aria-hidden />
          </Button>
        }
      >
        {status === 'active' && (
          <MenuItem onSelect={() => void run('pause')}>
            <Pause aria-hidden /> Pause
          </MenuItem>
        )}
        {(status === 'draft' || status === 'paused') && (
          <MenuItem onSelect={() => router.push(paths.campaignEdit(id, 'check'))}>
            <Play aria-hidden /> {status === 'draft' ? 'Check and start' : 'Check and resume'}
          </MenuItem>
        )}
        <MenuItem onSelect={() => router.push(paths.campaignEdit(id))}>
          <Pencil aria-hidden /> Edit
        </MenuItem>
        <MenuItem onSelect={() => void run('clone')}>
          <Copy aria-hidden /> Clone
        </MenuItem>
        <MenuSeparator />
        {(status === 'paused' || status === 'completed') && (
          <MenuItem onSelect={() => ask('archive')}>
            <Archive aria-hidden /> Archive
          </MenuItem>
        )}
        {campaign.figures.sent === 0 && (
          <MenuItem danger onSelect={() => ask('delete')}>
            <Trash2 aria-hidden /> Delete
          </MenuItem>
        )}
      </Menu>
    </span>
  );
}
