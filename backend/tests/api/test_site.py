"""The built front end on the API's own origin: placeholder pages, and nothing outside the table of files."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import httpx2
import pytest

from reachly.api.site import ExportedSite

pytestmark = pytest.mark.anyio
SCRIPT = 'self.__next_f.push([1,"x"])'
FILES = {
    "index.html": f"<html><script>{SCRIPT}</script><script src='/_next/static/a.js'></script></html>",
    "404.html": "<html>nothing here</html>",
    "login.html": "<html>login</html>",
    "login.txt": "login data",
    "campaigns.html": "<html>all campaigns</html>",
    "campaigns/_.html": "<html>a campaign</html>",
    "campaigns/_.txt": "a campaign's data",
    "campaigns/new.html": "<html>new</html>",
    "campaigns/_/edit.html": "<html>edit</html>",
    "campaigns/_/sends/_.html": "<html>a send</html>",
    "_next/static/a.js": "alert()",
    "favicon.ico": "icon",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "out"
    for name, content in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    (tmp_path / "secret.html").write_text("not yours")
    (tmp_path / "secret").mkdir()
    return root


@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("/", "index.html"),
        ("", "index.html"),
        ("/login", "login.html"),
        ("/login/", "login.html"),
        ("/login.txt", "login.txt"),
        ("/campaigns", "campaigns.html"),
        ("/campaigns/new", "campaigns/new.html"),
        ("/campaigns/01a2-b3", "campaigns/_.html"),
        ("/campaigns/01a2-b3.txt", "campaigns/_.txt"),
        ("/campaigns/01a2-b3/edit", "campaigns/_/edit.html"),
        ("/campaigns/x/sends/y", "campaigns/_/sends/_.html"),
        ("/campaigns/x/nothing", None),
        ("/campaigns/x/sends", None),
        ("/campaigns/x/sends/y/z", None),
        ("/_next/static/a.js", "_next/static/a.js"),
        ("/_next/static/b.js", None),
        ("/_next/campaigns/x", None),
        ("/nothing", None),
        ("/favicon.ico", "favicon.ico"),
        ("/../secret.html", None),
        ("/../secret", None),
        ("/..", None),
        ("/campaigns/..", "campaigns/_.html"),
        ("/campaigns/../../secret", None),
        ("/campaigns/%2e%2e", "campaigns/_.html"),
        ("/..\\secret.html", None),
        ("//etc/passwd", None),
        ("/etc/passwd", None),
        ("/campaigns/\x00", "campaigns/_.html"),
        ("/index.html/", "index.html"),
    ],
)
def test_path_leads_to_a_file_of_the_table_or_nowhere(root: Path, path: str, file: str | None) -> None:
    assert ExportedSite(root).resolve(path) == file


async def get(root: Path, path: str, method: str = "GET") -> httpx2.Response:
    transport = httpx2.ASGITransport(ExportedSite(root))
    async with httpx2.AsyncClient(transport=transport, base_url="http://reachly.test") as http:
        return await http.request(method, path)


async def test_pages_allow_exactly_their_own_inline_scripts(root: Path) -> None:
    answer = await get(root, "/")
    policy = answer.headers["content-security-policy"]
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    scripts = next(part for part in policy.split(";") if part.strip().startswith("script-src"))
    assert scripts.split() == ["script-src", "'self'", f"'sha256-{digest}'"]
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-eval" not in policy
    other = (await get(root, "/login")).headers["content-security-policy"]
    assert digest not in other


async def test_what_never_changes_is_kept_for_ever_and_pages_are_asked_anew(root: Path) -> None:
    assert "immutable" in (await get(root, "/_next/static/a.js")).headers["cache-control"]
    assert (await get(root, "/campaigns/x")).headers["cache-control"] == "no-cache"


async def test_unknown_page_is_the_sites_own_404(root: Path) -> None:
    answer = await get(root, "/nothing")
    assert (answer.status_code, answer.text) == (404, FILES["404.html"])


async def test_pages_are_only_read(root: Path) -> None:
    assert (await get(root, "/", "POST")).status_code == 405
    assert (await get(root, "/", "HEAD")).status_code == 200


async def test_missing_front_end_says_how_to_build_it(tmp_path: Path) -> None:
    answer = await get(tmp_path / "none", "/")
    assert answer.status_code == 503
    assert "make run" in answer.text
