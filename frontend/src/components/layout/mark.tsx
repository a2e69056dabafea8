import { cn } from '@/lib/cn';

/** The sign: a point and what goes out from it. */
export function Mark({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" className={cn('size-6', className)} aria-hidden>
      <rect width="32" height="32" rx="8" className="fill-accent" />
      <g fill="none" className="stroke-accent-ink" strokeWidth="2.6" strokeLinecap="round">
        <path d="M14.5 10.2a8.2 8.2 0 0 1 0 11.6" />
        <path d="M19.2 6.6a13.3 13.3 0 0 1 0 18.8" />
      </g>
      <circle cx="9.2" cy="16" r="2.9" className="fill-accent-ink" />
    </svg>
  );
}
