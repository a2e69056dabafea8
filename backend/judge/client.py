"""The product as its users reach it: the REST API, each call with the times at which it was asked and answered."""

from __future__ import annotations

import http.client
import json
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

PASSWORD = "a long enough word for a judge 41"  # noqa: S105 - of an account that lives as long as a test


@dataclass(frozen=True, slots=True)
class Answer:
    """`asked` and `answered` are seconds since 1970, of this machine."""

    status: int
    body: Any
    asked: float
    answered: float


class Refused(Exception):
    """The API said no."""

    def __init__(self, what: str, answer: Answer) -> None:
        super().__init__(f"{what}: {answer.status} {answer.body}")
        self.answer = answer


class Client:
    """One signed-in person. Not to be shared between threads: `again()` makes another one of the same person."""

    def __init__(self, port: int, email: str = "judge@court.example") -> None:
        self.port, self.email = port, email
        self._token = ""

    def again(self) -> Client:
        other = Client(self.port, self.email)
        other._token = self._token
        return other

    def register(self, name: str = "Court") -> None:
        body = {"email": self.email, "password": PASSWORD, "organization_name": name, "client": "token"}
        self._token = self.post("/api/auth/register", body).body["access_token"]
        self.put("/api/organization", {"name": name, "postal_address": "1 Example Street, Oslo"})

    def sign_in(self) -> None:
        body = {"email": self.email, "password": PASSWORD, "client": "token"}
        self._token = self.post("/api/auth/login", body).body["access_token"]

    def get(self, path: str, **query: object) -> Any:
        words = f"?{urllib.parse.urlencode(query)}" if query else ""
        return self.ask("GET", path + words).body

    def post(self, path: str, body: object = None) -> Answer:
        return self.ask("POST", path, body)

    def put(self, path: str, body: object) -> Answer:
        return self.ask("PUT", path, body)

    def delete(self, path: str) -> Answer:
        return self.ask("DELETE", path)

    def pages(self, path: str, **query: object) -> Iterator[dict[str, Any]]:
        """Every row of a list."""
        cursor: str | None = None
        while True:
            more = {"cursor": cursor} if cursor else {}
            page = self.get(path, limit=200, **query, **more)
            yield from page["items"]
            cursor = page.get("next_cursor")
            if not cursor:
                return

    def ask(self, method: str, path: str, body: object = None) -> Answer:
        """Raises Refused for anything but success; signs in again when the token has run out."""
        answer = self.try_to(method, path, body)
        if answer.status == 401 and self._token:
            self.sign_in()
            answer = self.try_to(method, path, body)
        if answer.status >= 300:
            raise Refused(f"{method} {path}", answer)
        return answer

    def try_to(self, method: str, path: str, body: object = None) -> Answer:
        data = None if body is None else json.dumps(body).encode()
        return self.send(method, path, data, "application/json")

    def send(self, method: str, path: str, data: bytes | None, kind: str) -> Answer:
        headers = {"Content-Type": kind} if data is not None else {}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=180)
        try:
            asked = time.time()
            connection.request(method, path, data, headers)
            response = connection.getresponse()
            content = response.read()
            answered = time.time()
        finally:
            connection.close()
        is_json = "json" in (response.headers.get("Content-Type") or "")
        read = json.loads(content) if is_json and content else content.decode("utf-8", "replace")
        return Answer(response.status, read, asked, answered)

    def upload(self, path: str, fields: dict[str, str], name: str, content: bytes) -> Answer:
        """A form with a file."""
        mark = "judge-boundary-7d1c"
        parts = [
            f'--{mark}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
            for key, value in fields.items()
        ]
        head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        parts += [head.encode(), b"Content-Type: text/csv\r\n\r\n", content, f"\r\n--{mark}--\r\n".encode()]
        answer = self.send("POST", path, b"".join(parts), f"multipart/form-data; boundary={mark}")
        if answer.status >= 300:
            raise Refused(f"POST {path}", answer)
        return answer
