'use client';
import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import { Component, type ReactNode } from 'react';

import { FaultState } from './states';

/** A part of a page, or a function that draws it: what a function throws is caught here too. */
export type Guarded = ReactNode | (() => ReactNode);

interface BoundaryProps {
  children: Guarded;
  /** Instead of the usual words, where there is no room for them. */
  fallback?: ReactNode;
  className?: string | undefined;
}

/**
 * Keeps a fault in its part: what throws while it is drawn says so in its own place, and the rest goes on.
 * Every panel, dialog, list and tab goes through one; the pages have `error.tsx` above them.
 */
export class Boundary extends Component<BoundaryProps, { error: unknown; failed: boolean }> {
  override state = { error: null, failed: false };

  static getDerivedStateFromError(error: unknown) {
    return { error, failed: true };
  }

  override render(): ReactNode {
    const { children, fallback, className } = this.props;
    if (!this.state.failed) return typeof children === 'function' ? <Drawn draw={children} /> : children;
    if (fallback !== undefined) return fallback;
    return (
      <Failed
        error={this.state.error}
        className={className}
        onAgain={() => this.setState({ error: null, failed: false })}
      />
    );
  }
}

function Failed({
  error,
  className,
  onAgain,
}: {
  error: unknown;
  className: string | undefined;
  onAgain: () => void;
}) {
  const queries = useQueryClient();
  return <FaultState error={error} onRetry={() => readAgain(queries).then(onAgain)} className={className} />;
}

/** One component below the boundary, so that what the function throws is thrown there. */
function Drawn({ draw }: { draw: () => ReactNode }): ReactNode {
  return draw();
}

/** Drawn again from the same answer it would fail again: what is not in view is forgotten, the rest asked anew. */
export async function readAgain(queries: QueryClient): Promise<void> {
  queries.removeQueries({ type: 'inactive' });
  await queries.refetchQueries({ type: 'active' }).catch(() => undefined);
}
