'use client';
import { Check, RotateCw } from 'lucide-react';

import { Button } from '@/components/ui/button';
import { Confirm } from '@/components/ui/dialog';
import { toast, toastError } from '@/components/ui/toast';

import { useDecideUnknown, type Decision } from '../api/decide-unknown';
import type { Send } from '../api/page-sends';

/** A person says what became of a message in doubt: it arrived, or it goes out once more. */
export function UnknownDecision({ campaign, message }: { campaign: string; message: Send }) {
  const decide = useDecideUnknown(campaign);
  const run = async (decision: Decision) => {
    try {
      await decide.mutateAsync({ send: message.id, decision });
      toast(
        decision === 'arrived'
          ? `Counted as sent to ${message.to_email}`
          : `Goes to ${message.to_email} once more, with the same message id`,
      );
    } catch (error) {
      toastError(error);
      throw error;
    }
  };
  return (
    <span className="relative z-10 flex justify-end gap-1">
      <Confirm
        trigger={
          <Button size="sm" aria-label={`It arrived: ${message.to_email}`}>
            <Check aria-hidden /> <span className="max-lg:hidden">Arrived</span>
          </Button>
        }
        title={`Did it reach ${message.to_email}?`}
        description="It counts as sent, and the follow-ups go on from there."
        action="It arrived"
        onConfirm={() => run('arrived')}
      />
      <Confirm
        trigger={
          <Button size="sm" aria-label={`Send again: ${message.to_email}`}>
            <RotateCw aria-hidden /> <span className="max-lg:hidden">Send again</span>
          </Button>
        }
        title={`Send it to ${message.to_email} again?`}
        description="If the first one did arrive after all, this person gets the message twice. Look into the Sent folder of the mailbox first."
        action="Send again"
        danger
        onConfirm={() => run('resend')}
      />
    </span>
  );
}
