import { cn } from '@/lib/cn';
import { doNotContact, type Suppressed } from '@/lib/do-not-contact';

import { Badge, StatusWord } from './status';

/** In place of a status: nobody writes to this person, and why. */
export function SuppressedWord({ suppression, className }: { suppression: Suppressed; className?: string }) {
  return (
    <span title={doNotContact(suppression)} className={cn('block min-w-0', className)}>
      <StatusWord status="unsubscribed" word="Do not contact" />
      <span className="block truncate text-xs text-ink-2">{suppression.words}</span>
    </span>
  );
}

/** The same where a badge has room. */
export function SuppressedBadge({ suppression }: { suppression: Suppressed }) {
  return (
    <span title={doNotContact(suppression)} className="min-w-0 truncate">
      <Badge tone="bounced" className="max-w-full">
        <span className="truncate">Do not contact: {suppression.words}</span>
      </Badge>
    </span>
  );
}
