import { Notice } from '@/components/ui/states';
import { doNotContact, type Suppressed } from '@/lib/do-not-contact';

/** Why and since when nobody writes to this person. */
export function DoNotContact({ suppression }: { suppression: Suppressed }) {
  return (
    <Notice tone="bounced" className="mb-4" title={doNotContact(suppression)}>
      {suppression.kind === 'domain' && `Nobody at ${suppression.value} is written to. `}
      Taken out of every campaign; no import brings the address back.
    </Notice>
  );
}
