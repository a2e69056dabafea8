'use client';
import { useMemo } from 'react';

import { cn } from '@/lib/cn';

const POLICY =
  "default-src 'none'; img-src data: https:; style-src 'unsafe-inline'; font-src data:; form-action 'none'; base-uri 'none'";

/**
 * Mail is hostile until shown otherwise: an origin-less frame without scripts, forms or navigation, and
 * a policy inside that loads nothing but pictures and inline styles.
 */
export function framedMail(html: string, dark: boolean, width?: number): string {
  const colours = dark
    ? 'html{background:#16191b;color:#e8eaea}a{color:#7cc7d0}'
    : 'html{background:#fff;color:#1c2224}';
  return `<!doctype html><html><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}"><meta name="viewport" content="width=${width ?? 'device-width'}"><base target="_blank"><style>${colours}body{margin:16px;font:14px/1.55 -apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif;overflow-wrap:anywhere}img{max-width:100%}</style></head><body>${html}</body></html>`;
}

export function PreviewFrame({
  html,
  dark = false,
  phone = false,
  className,
}: {
  html: string;
  dark?: boolean;
  phone?: boolean;
  className?: string;
}) {
  const document = useMemo(() => framedMail(html, dark, phone ? 375 : undefined), [html, dark, phone]);
  return (
    <iframe
      title="Message preview"
      sandbox=""
      referrerPolicy="no-referrer"
      srcDoc={document}
      className={cn(
        'h-full min-h-72 w-full rounded-md border bg-panel',
        phone && 'mx-auto max-w-[375px]',
        className,
      )}
    />
  );
}
