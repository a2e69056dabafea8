'use client';
import { Check, RotateCw } from 'lucide-react';

import { Button } from '@/components/ui/button';
import { Confirm } from '@/components/ui/dialog';
import { useRowSurface } from '@/components/ui/row-surface';
import { toast, toastError } from '@/components/ui/toast';

import { useDecideUnknown, type Decision } from '../api/decide-unknown';
import type { Send } from '../api/page-sends';

const QUESTIONS = {
  arrived: (who: string) => ({
    title: `Did it reach ${who}?`,
    description: 'It counts as sent, and the follow-ups go on from there.',
    action: 'It arrived',
  }),
  resend: (who: string) => ({
    title: `Send it to ${who} again?`,
    description:
      'If the first one did arrive after all, this person gets the message twice. Look into the Sent folder of the mailbox first.',
    action: 'Send again',
    danger: true,
  }),
};

/** A person says what became of a message in doubt: it arrived, or it goes out once more. */
export function UnknownDecision({ campaign, message }: { campaign: string; message: Send }) {
  const decide = useDecideUnknown(campaign);
  const surface = useRowSurface(`message ${message.id}`);
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
  const ask = (decision: Decision) =>
    surface.open((close) => (
      <Confirm
        open
        onOpenChange={(open) => !open && close()}
        {...QUESTIONS[decision](message.to_email)}
        onConfirm={() => run(decision)}
      />
    ));
  return (
    <span className="relative z-10 flex justify-end gap-1">
      <Button size="sm" aria-label={`It arrived: ${message.to_email}`} onClick={() => ask('arrived')}>
        <Check aria-hidden /> <span className="max-lg:hidden">Arrived</span>
      </Button>
      <Button size="sm" aria-label={`Send again: ${message.to_email}`} onClick={() => ask('resend')}>
        <RotateCw aria-hidden /> <span className="max-lg:hidden">Send again</span>
      </Button>
    </span>
  );
}
