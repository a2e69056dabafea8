"""The built front end, served on the API's own origin.

The static export has one placeholder page `_.html` for every `[id]` route; any id is answered with it. The table
of files is read once: what is not in it cannot be reached.
"""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

INLINE = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)
FOREVER = "public, max-age=31536000, immutable"
POLICY = (
    "default-src 'self'; script-src 'self' {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " font-src 'self'; connect-src 'self'; frame-src 'self' blob: data:; frame-ancestors 'none';"
    " base-uri 'none'; form-action 'self'; object-src 'none'"
)
NOT_BUILT = "The front end is not built. Run `make run`, or `npm ci && npm run build` in frontend/.\n"


class ExportedSite:
    """An ASGI application over the folder that `next build` wrote."""

    def __init__(self, root: Path) -> None:
        found = (path for path in root.rglob("*") if path.is_file()) if root.is_dir() else ()
        self.files = {path.relative_to(root).as_posix(): path for path in found}
        self.policies = {name: _policy(path) for name, path in self.files.items() if name.endswith(".html")}
        self.tree: dict[str, Any] = {}
        for name in self.files:
            node = self.tree
            for part in name.split("/"):
                node = node.setdefault(part, {})

    def resolve(self, path: str) -> str | None:
        """The file that answers `path`, or None."""
        path = path.strip("/")
        for name in (path or "index.html", f"{path}.html"):
            if name in self.files:
                return name
        if path.startswith("_next/"):
            return None
        node, taken, parts = self.tree, [], path.split("/")
        for depth, part in enumerate(parts, 1):
            if depth < len(parts):
                names = (part, "_")
            else:
                names = (part, "_.txt") if part.endswith(".txt") else (f"{part}.html", "_.html")
            chosen = next((candidate for candidate in names if candidate in node), None)
            if chosen is None:
                return None
            node = node[chosen]
            taken.append(chosen)
        found = "/".join(taken)
        return found if found in self.files else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._answer(scope)(scope, receive, send)

    def _answer(self, scope: Scope) -> Response:
        if scope["method"] not in ("GET", "HEAD"):
            return PlainTextResponse("Method not allowed\n", 405)
        if not self.files:
            return PlainTextResponse(NOT_BUILT, 503)
        found = self.resolve(scope["path"])
        name, status = found or "404.html", 200 if found else 404
        if name not in self.files:
            return PlainTextResponse("Not found\n", 404)
        if not self.files[name].is_file():
            return PlainTextResponse(NOT_BUILT, 503)  # it is being built anew under our feet
        headers = {"cache-control": FOREVER if name.startswith("_next/static/") else "no-cache"}
        if name in self.policies:
            headers["content-security-policy"] = self.policies[name]
        return FileResponse(self.files[name], status, headers=headers)


def _policy(page: Path) -> str:
    hashes = {
        b64encode(sha256(script.encode()).digest()).decode() for script in INLINE.findall(page.read_text())
    }
    return POLICY.format(scripts=" ".join(f"'sha256-{each}'" for each in sorted(hashes)))
