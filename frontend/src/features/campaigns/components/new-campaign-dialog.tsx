'use client';
import { zodResolver } from '@hookform/resolvers/zod';
import { useRouter } from 'next/navigation';
import { useForm } from 'react-hook-form';
import * as z from 'zod';

import { TextField } from '@/components/forms/fields';
import { Button } from '@/components/ui/button';
import { Dialog, DialogClose, DialogContent } from '@/components/ui/dialog';
import { toastError } from '@/components/ui/toast';
import { placeFaults } from '@/lib/form-faults';
import { ownZone } from '@/lib/format';
import { paths } from '@/lib/paths';

import { useCreateCampaign } from '../api/create-campaign';

const schema = z.object({ name: z.string().trim().min(1, 'A name to find it by').max(200) });
const WORKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri'];

export function NewCampaignDialog({
  open,
  onOpenChange,
  mailboxIds,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** Those that can send now: a new campaign begins with all of them. */
  mailboxIds: readonly string[];
}) {
  const router = useRouter();
  const create = useCreateCampaign();
  const form = useForm({ resolver: zodResolver(schema), defaultValues: { name: '' } });
  const submit = form.handleSubmit(async ({ name }) => {
    try {
      const made = await create.mutateAsync({
        name,
        email_account_ids: [...mailboxIds],
        send_schedule: {
          timezone: ownZone(),
          windows: Object.fromEntries(WORKDAYS.map((day) => [day, [['09:00', '17:00']]])),
        },
      });
      router.push(paths.campaignEdit(made.id));
    } catch (error) {
      if (!placeFaults(form, error)) toastError(error);
    }
  });
  return (
    <Dialog open={open} onOpenChange={onOpenChange}>
      <DialogContent
        title="New campaign"
        description="A draft: nothing is sent before you start it."
        footer={
          <>
            <DialogClose asChild>
              <Button>Cancel</Button>
            </DialogClose>
            <Button type="submit" form="new-campaign" variant="primary" loading={create.isPending}>
              Create draft
            </Button>
          </>
        }
      >
        <form id="new-campaign" onSubmit={(event) => void submit(event)} noValidate>
          <TextField form={form} name="name" label="Name" placeholder="Autumn, studios in Lisbon" autoFocus />
        </form>
      </DialogContent>
    </Dialog>
  );
}
