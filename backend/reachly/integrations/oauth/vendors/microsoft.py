"""Microsoft's sign-in: not in this version; every call says so."""

from __future__ import annotations

from reachly.integrations.oauth.port import OAuthConfig, Tokens
from reachly.kit.errors import NotImplementedYet


class MicrosoftOAuth:
    """An OAuthClient that refuses."""

    def __init__(self, config: OAuthConfig) -> None:
        self._config = config

    def authorize_url(self, state: str, challenge: str, login_hint: str = "") -> str:  # noqa: ARG002 - the port's
        raise _not_yet()

    async def exchange(self, code: str, verifier: str) -> Tokens:  # noqa: ARG002 - the port's
        raise _not_yet()

    async def refresh(self, refresh_token: str) -> Tokens:  # noqa: ARG002 - the port's
        raise _not_yet()


def _not_yet() -> NotImplementedYet:
    return NotImplementedYet(
        "Signing in with Microsoft is not possible yet. Connect the Outlook mailbox over SMTP and IMAP, "
        "with an app password if the account has two-step sign-in.",
        code="microsoft_not_available",
    )
