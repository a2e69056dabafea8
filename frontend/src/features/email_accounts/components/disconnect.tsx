'use client';
import { Trash2 } from 'lucide-react';
import { useState } from 'react';

import { Field } from '@/components/forms/field';
import { Button } from '@/components/ui/button';
import { Confirm } from '@/components/ui/dialog';
import { Select } from '@/components/ui/input';
import { toast, toastError } from '@/components/ui/toast';

import { useDisconnectMailbox, type LeftBehind } from '../api/change-mailbox';
import type { Mailbox } from '../api/list-mailboxes';

const CHOICES: { value: LeftBehind | ''; label: string }[] = [
  { value: '', label: 'As each campaign has it set (usually: wait)' },
  { value: 'wait', label: 'Wait until somebody chooses' },
  { value: 'continue', label: 'Go on from another mailbox, as a new thread' },
  { value: 'stop', label: 'Stop: they get nothing more' },
];

export function Disconnect({
  mailbox,
  onClose,
}: {
  mailbox: Pick<Mailbox, 'id' | 'email_address'>;
  onClose: () => void;
}) {
  const disconnect = useDisconnectMailbox();
  const [people, setPeople] = useState<LeftBehind | ''>('');
  return (
    <div className="border-t pt-4">
      <Confirm
        trigger={
          <Button variant="danger">
            <Trash2 aria-hidden /> Disconnect
          </Button>
        }
        title={`Disconnect ${mailbox.email_address}?`}
        description="Its password is forgotten and it sends nothing more. Who has no message from it yet gets another mailbox of the campaign."
        action="Disconnect"
        danger
        onConfirm={async () => {
          try {
            await disconnect.mutateAsync({ id: mailbox.id, people });
            toast(`${mailbox.email_address} is disconnected`);
            onClose();
          } catch (error) {
            toastError(error);
            throw error;
          }
        }}
      >
        <Field label="People it has begun to write to" className="mt-3">
          {(control) => (
            <Select
              {...control}
              value={people}
              onChange={(event) => setPeople(event.target.value as LeftBehind | '')}
            >
              {CHOICES.map((one) => (
                <option key={one.value} value={one.value}>
                  {one.label}
                </option>
              ))}
            </Select>
          )}
        </Field>
      </Confirm>
    </div>
  );
}
