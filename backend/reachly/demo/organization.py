"""The demo organization's rows, and the file that keeps its sign-in."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from reachly.data.system import system
from reachly.demo import story
from reachly.infra.startup import CannotStart
from reachly.services.identity import passwords
from reachly.services.identity import service as identity

FILE = "demo.json"


@dataclass(frozen=True, slots=True)
class SignIn:
    """How to get into the demo organization. `mailbox_secret` opens its mailboxes in the mail world."""

    url: str
    email: str
    password: str
    mailbox_secret: str


def keep_sign_in(data_dir: Path, url: str) -> SignIn:
    """The sign-in of this data folder: random, made on the first call, readable for its owner only."""
    path = data_dir / FILE
    try:
        kept = json.loads(path.read_text()) if path.exists() else {}
        found = SignIn(
            url, story.EMAIL, kept.get("password") or secrets.token_urlsafe(12),
            kept.get("mailbox_secret") or secrets.token_urlsafe(18),
        )  # fmt: skip
        if kept != asdict(found):
            write_private(path, json.dumps(asdict(found), indent=2))
    except (OSError, ValueError, AttributeError) as error:
        raise CannotStart(f"{path} cannot be used: {error}. Move it away to get a new sign-in.") from None
    return found


def write_private(path: Path, text: str) -> None:
    """Replaces a file at once; mode 0600."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.replace(path)


async def ensure_organization(sign_in: SignIn) -> bool:
    """Makes the demo organization, or gives its administrator the kept password. Returns whether it was new."""
    async with system() as session:
        if await identity.keep_password(session, sign_in.email, sign_in.password):
            return False
    password_hash = await passwords.hash_password(sign_in.password)
    async with system() as session:
        await identity.create_organization(
            session, email=sign_in.email, password_hash=password_hash, name=story.PERSON,
            organization_name=story.ORGANIZATION, timezone="Europe/Oslo", is_demo=True,
            postal_address=story.POSTAL_ADDRESS,
        )  # fmt: skip
    return True
