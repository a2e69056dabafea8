'use client';
import { useQueryClient } from '@tanstack/react-query';
import Link from 'next/link';
import { startTransition } from 'react';

import { Button } from '@/components/ui/button';
import { readAgain } from '@/components/ui/boundary';
import { FaultState } from '@/components/ui/states';
import { paths } from '@/lib/paths';

/** What Next hands to every `error.tsx`. */
export interface FaultProps {
  error: Error;
  /** Draws the failed part again. */
  reset: () => void;
}

/** A page that could not be drawn, with the ways on: try again, or Today. */
export function Fault({ error, reset }: FaultProps) {
  const queries = useQueryClient();
  return (
    <FaultState
      error={error}
      onRetry={() => readAgain(queries).then(() => startTransition(reset))}
      action={
        <Button variant="ghost" asChild>
          <Link href={paths.today}>Go to Today</Link>
        </Button>
      }
    />
  );
}
