"""A sink that wants STARTTLS and a sign-in, and the barest client to it: asyncio streams, one TLS context, no database.

python tls_peer.py sink PEM              prints its port
python tls_peer.py client PORT BUNDLE N  sends N messages, each on a fresh connection; prints its CPU in ms a message
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import sys
import time

OFFERS = b"250-sink\r\n250-PIPELINING\r\n250-SIZE 33554432\r\n250 AUTH PLAIN LOGIN\r\n"
IN_CLEAR = b"250-sink\r\n250 STARTTLS\r\n"
ANSWERS = {b"AUTH": b"235 ok\r\n", b"DATA": b"354 go\r\n", b"QUIT": b"221 bye\r\n"}
LETTER = b"Message-ID: <1@example.com>\r\nSubject: Hello\r\n\r\n" + b"x" * 70 + b"\r\n.\r\n"
AT_ONCE = 20


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, tls: ssl.SSLContext) -> None:
    with contextlib.suppress(ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
        writer.write(b"220 sink\r\n")
        encrypted = False
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"STAR":
                writer.write(b"220 go ahead\r\n")
                await writer.start_tls(tls)
                encrypted = True
            elif verb == b"EHLO":
                writer.write(OFFERS if encrypted else IN_CLEAR)
            else:
                writer.write(ANSWERS.get(verb, b"250 ok\r\n"))
            if verb == b"DATA":
                await reader.readuntil(b"\r\n.\r\n")
                writer.write(b"250 2.0.0 taken\r\n")
            if verb == b"QUIT":
                break
        writer.close()


async def sink(pem: str) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pem)
    server = await asyncio.start_server(lambda r, w: serve(r, w, tls), "127.0.0.1", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


async def say(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: bytes, code: bytes) -> None:
    if line:
        writer.write(line)
    while True:
        answer = await reader.readline()
        assert answer.startswith(code), answer
        if answer[3:4] != b"-":
            return


async def send(port: int, tls: ssl.SSLContext, room: asyncio.Semaphore) -> None:
    async with room:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await say(reader, writer, b"", b"220")
        await say(reader, writer, b"EHLO bare\r\n", b"250")
        await say(reader, writer, b"STARTTLS\r\n", b"220")
        await writer.start_tls(tls, server_hostname="127.0.0.1")
        for line, code in (
            (b"EHLO bare\r\n", b"250"),
            (b"AUTH PLAIN AGEAYg==\r\n", b"235"),
            (b"MAIL FROM:<a@example.com>\r\n", b"250"),
            (b"RCPT TO:<b@example.com>\r\n", b"250"),
            (b"DATA\r\n", b"354"),
            (LETTER, b"250"),
            (b"QUIT\r\n", b"221"),
        ):
            await say(reader, writer, line, code)
        writer.close()


async def client(port: int, bundle: str, n: int) -> None:
    tls = ssl.create_default_context(cafile=bundle)  # noqa: TID251 - once
    room = asyncio.Semaphore(AT_ONCE)
    began = time.process_time()
    await asyncio.gather(*(send(port, tls, room) for _ in range(n)))
    print(1e3 * (time.process_time() - began) / n)


if __name__ == "__main__":
    if sys.argv[1] == "sink":
        asyncio.run(sink(sys.argv[2]))
    else:
        asyncio.run(client(int(sys.argv[2]), sys.argv[3], int(sys.argv[4])))
