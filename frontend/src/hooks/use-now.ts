'use client';
import { useEffect, useState } from 'react';

/** The present instant, renewed every `ms`; stands still while the page is hidden. */
export function useNow(ms = 1000): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) setNow(new Date());
    }, ms);
    return () => clearInterval(timer);
  }, [ms]);
  return now;
}
