'use client';
import { Button } from '@/components/ui/button';
import { Confirm } from '@/components/ui/dialog';
import { Notice } from '@/components/ui/states';
import { toast, toastError } from '@/components/ui/toast';
import { can } from '@/lib/can';
import { fullTime, when } from '@/lib/format';

import type { Me } from '../api/get-me';
import { useResumeSending } from '../api/resume-sending';

/** On every page while nothing leaves: the database is a restored copy that does not know what left after it was made. */
export function HeldBanner({ me }: { me: Me }) {
  const resume = useResumeSending();
  const { sending_held: held, sending_held_at: since } = me.organization;
  if (!held) return null;
  return (
    <div className="border-b px-3 py-2 md:px-5">
      <Notice
        tone="held"
        title="Nothing is sent: the database was restored from a copy"
        action={
          can(me, 'org:admin') && (
            <Confirm
              trigger={<Button size="sm">Resume sending</Button>}
              title="Resume sending?"
              description="Messages that left after the copy was made are not known here. Look into the Sent folders of your mailboxes first, or some people may get a message twice."
              action="Resume sending"
              onConfirm={() =>
                resume
                  .mutateAsync()
                  .then(() => toast('Sending goes on'))
                  .catch((error: unknown) => {
                    toastError(error);
                    throw error;
                  })
              }
            />
          )
        }
      >
        What left after the copy was made is not in it.{' '}
        {can(me, 'org:admin')
          ? 'Have a look before sending goes on.'
          : 'An administrator can resume sending.'}
        {since && <span title={fullTime(since)}> Held since {when(since)}.</span>}
      </Notice>
    </div>
  );
}
