'use client';
import { Notice } from '@/components/ui/states';
import { doNotContact } from '@/lib/do-not-contact';

import { useSuppressions } from '../api/suppressions';

/** Why and since when nobody writes to this person; the day as soon as the list has told it. */
export function DoNotContact({ email, reason }: { email: string; reason: string }) {
  const domain = email.split('@')[1] ?? '';
  const own = useSuppressions(email);
  const house = useSuppressions(domain);
  const line =
    own.rows.find((row) => row.value === email.toLowerCase()) ??
    house.rows.find((row) => row.kind === 'domain' && row.value === domain.toLowerCase());
  return (
    <Notice tone="bounced" className="mb-4" title={doNotContact(reason, line?.created_at)}>
      {line?.kind === 'domain' && `Nobody at ${line.value} is written to. `}
      Taken out of every campaign; no import brings the address back.
    </Notice>
  );
}
