import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** What somebody writes back. */
export interface Answer {
  from: string;
  to: string;
  subject: string;
  inReplyTo: string;
  text: string;
}

/** An answer as it comes over the wire (RFC 5322), as ASCII lines. */
export function writeAnswer({ from, to, subject, inReplyTo, text }: Answer): string {
  const domain = from.split('@')[1] ?? 'example.com';
  return [
    `From: <${from}>`,
    `To: <${to}>`,
    `Subject: Re: ${subject}`,
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${crypto.randomUUID()}@${domain}>`,
    `In-Reply-To: ${inReplyTo}`,
    `References: ${inReplyTo}`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=us-ascii',
    '',
    text,
    '',
  ].join('\r\n');
}

/** Puts a message into an INBOX by IMAP APPEND (RFC 9051, 6.3.12), as the provider's delivery would. */
export async function deliver(port: number, mailbox: string, secret: string, message: string): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.setEncoding('utf8').setTimeout(10_000, () => socket.destroy(new Error('IMAP does not answer')));
  const lines = new Lines(socket);
  try {
    await lines.until(/^\* OK/);
    await ask(`a1 LOGIN "${mailbox}" "${secret}"`, /^a1 /);
    await ask(`a2 APPEND INBOX {${Buffer.byteLength(message)}}`, /^(\+|a2 )/, /^\+/);
    await ask(message, /^a2 /);
    await ask('a3 LOGOUT', /^a3 /);
  } finally {
    socket.destroy();
  }
  async function ask(words: string, answer: RegExp, good = /^a\d OK/): Promise<void> {
    socket.write(`${words}\r\n`);
    const line = await lines.until(answer);
    if (!good.test(line)) throw new Error(`IMAP refused: ${line}`);
  }
}

/** The server's lines, one after another. */
class Lines {
  private buffer = '';

  constructor(private readonly socket: Socket) {
    socket.on('data', (part: string) => (this.buffer += part));
  }

  async until(wanted: RegExp): Promise<string> {
    for (;;) {
      const at = this.buffer.indexOf('\r\n');
      if (at < 0) {
        await once(this.socket, 'data');
        continue;
      }
      const line = this.buffer.slice(0, at);
      this.buffer = this.buffer.slice(at + 2);
      if (wanted.test(line)) return line;
    }
  }
}
