'use client';
import { useRouter } from 'next/navigation';
import { useEffect } from 'react';

/** A redirect the browser makes: a static export has no server to make one. */
export function GoTo({ href }: { href: string }) {
  const router = useRouter();
  useEffect(() => {
    router.replace(href);
  }, [router, href]);
  return null;
}
