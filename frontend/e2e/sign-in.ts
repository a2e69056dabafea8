import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** How to get into the demo organization of a data folder, and where its mail world listens. */
export interface Demo {
  url: string;
  email: string;
  password: string;
  mailboxSecret: string;
  imapPort: number;
}

export function readDemo(dataDir: string): Demo {
  const read = (name: string) =>
    JSON.parse(readFileSync(join(dataDir, name), 'utf8')) as Record<string, unknown>;
  const kept = read('demo.json');
  return {
    url: String(kept.url),
    email: String(kept.email),
    password: String(kept.password),
    mailboxSecret: String(kept.mailbox_secret),
    imapPort: Number(read('mailworld/ports.json').imap_port),
  };
}
