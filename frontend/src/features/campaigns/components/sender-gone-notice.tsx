'use client';
import { useQueryClient } from '@tanstack/react-query';
import Link from 'next/link';
import { useEffect } from 'react';

import { Button } from '@/components/ui/button';
import { Confirm } from '@/components/ui/dialog';
import { Notice } from '@/components/ui/states';
import { toast, toastError } from '@/components/ui/toast';
import { plural } from '@/lib/format';
import { invalidate, keys } from '@/lib/query';

import { useHandOver, type HandOver } from '../api/hand-over';
import type { Campaign } from '../api/list-campaigns';
import { peopleHref } from '../model';

const ASK_AGAIN_MS = 2_000;
const DOING: Record<HandOver, (who: string) => string> = {
  continue: (who) => `${who} are being given another mailbox`,
  stop: (who) => `The sequences of ${who} are being ended`,
};

/** People in mid-sequence whose mailbox is gone wait until somebody chooses what becomes of them. */
export function SenderGoneNotice({ campaign, canWrite }: { campaign: Campaign; canWrite: boolean }) {
  const handOver = useHandOver(campaign.id);
  const cache = useQueryClient();
  const waiting = campaign.progress.blocked_by?.sender_gone ?? 0;
  // The choice is carried out in the background, which tells nobody when it is done.
  const moving = handOver.isSuccess && waiting > 0;
  useEffect(() => {
    if (!moving) return;
    const timer = setInterval(() => void invalidate(cache, keys.campaign(campaign.id)), ASK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [moving, cache, campaign.id]);
  if (waiting === 0) return null;
  const who = plural(waiting, 'person', 'people');
  if (moving)
    return (
      <Notice tone="held" className="mb-4" title={DOING[handOver.variables](who)}>
        This page follows by itself.
      </Notice>
    );
  const choose = async (choice: HandOver) => {
    try {
      await handOver.mutateAsync(choice);
      toast(choice === 'continue' ? `${who} go on from another mailbox` : `${who} get nothing more`);
    } catch (error) {
      toastError(error);
      throw error;
    }
  };
  return (
    <Notice
      tone="held"
      className="mb-4"
      title={`${who} wait: the mailbox that wrote to them is gone`}
      action={
        canWrite && (
          <span className="flex shrink-0 flex-wrap justify-end gap-2">
            <Confirm
              trigger={<Button size="sm">Stop</Button>}
              title={`Stop writing to ${who}?`}
              description="Their sequences end here. What was sent stays counted, and answers are still read."
              action="Stop"
              danger
              onConfirm={() => choose('stop')}
            />
            <Confirm
              trigger={
                <Button size="sm" variant="primary">
                  Go on from another mailbox
                </Button>
              }
              title={`Let ${who} go on from another mailbox?`}
              description="They hear from another address of yours, in a new thread under the first subject."
              action="Go on"
              onConfirm={() => choose('continue')}
            />
          </span>
        )
      }
    >
      Or connect that mailbox again under its address: it takes its people back, in their threads.{' '}
      <Link
        href={peopleHref(campaign.id, { state: 'blocked', reason: 'sender_gone' })}
        className="text-accent underline underline-offset-2"
      >
        See who waits
      </Link>
    </Notice>
  );
}
