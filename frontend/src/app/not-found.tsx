import Link from 'next/link';

import { buttonStyle } from '@/components/ui/button';
import { paths } from '@/lib/paths';

export default function NotFound() {
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center gap-2 px-6 text-center">
      <h1 className="text-lg">There is no page at this address</h1>
      <p className="text-ink-2">It may have moved, or the link is incomplete.</p>
      <Link href={paths.today} className={buttonStyle({ variant: 'primary', className: 'mt-3' })}>
        Go to Today
      </Link>
    </main>
  );
}
