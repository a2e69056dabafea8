'use client';
import { useState } from 'react';

import { Field } from '@/components/forms/field';
import { Button } from '@/components/ui/button';
import { Panel } from '@/components/ui/card';
import { Confirm } from '@/components/ui/dialog';
import { Input } from '@/components/ui/input';
import { toastError } from '@/components/ui/toast';

import { useDeleteAccount } from '../api/delete-account';

export function DeleteAccount({ email }: { email: string }) {
  const remove = useDeleteAccount();
  return (
    <Panel title="Delete your account" bodyClassName="flex flex-wrap items-center justify-between gap-3">
      <p className="min-w-0 flex-1 text-ink-2">
        You are signed out everywhere and cannot sign in again. Campaigns and leads stay with the
        organization.
      </p>
      <Confirm
        trigger={<Button variant="danger">Delete account</Button>}
        title={`Delete the account of ${email}?`}
        description="This cannot be undone."
        action="Delete account"
        danger
        onConfirm={() =>
          remove.mutateAsync({ organization: false }).catch((error: unknown) => {
            toastError(error);
            throw error;
          })
        }
      />
    </Panel>
  );
}

/** Everything of everybody: its name has to be typed first. */
export function DeleteOrganization({ name }: { name: string }) {
  const remove = useDeleteAccount();
  const [typed, setTyped] = useState('');
  const [asking, setAsking] = useState(false);
  return (
    <Panel title="Delete the organization">
      <p className="mb-3 text-ink-2">
        All campaigns, leads, mailboxes, replies and figures are deleted, for every member. Sending ends.
      </p>
      <form
        className="flex flex-wrap items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          if (typed.trim() === name) setAsking(true);
        }}
      >
        <Field label={`Type ${name} to go on`} className="w-full sm:w-64">
          {(control) => (
            <Input
              {...control}
              value={typed}
              autoComplete="off"
              onChange={(event) => setTyped(event.target.value)}
            />
          )}
        </Field>
        <Button type="submit" variant="danger" disabled={typed.trim() !== name}>
          Delete organization
        </Button>
      </form>
      <Confirm
        open={asking}
        onOpenChange={setAsking}
        title={`Delete ${name} and all that is in it?`}
        description="This cannot be undone."
        action="Delete everything"
        danger
        onConfirm={() =>
          remove.mutateAsync({ organization: true }).catch((error: unknown) => {
            toastError(error);
            throw error;
          })
        }
      />
    </Panel>
  );
}
