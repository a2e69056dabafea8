"""A provider in memory."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

from reachly.integrations.oauth.port import OAuthConfig, OAuthError, Tokens
from reachly.kit import clock


class FakeOAuth:
    """Gives tokens for the code `good`; `revoked` are refresh tokens that no longer work."""

    def __init__(self, config: OAuthConfig, email: str = "me@reachly.test") -> None:
        self._config = config
        self._email = email
        self._count = 0
        self.revoked: set[str] = set()

    def authorize_url(self, state: str, challenge: str, login_hint: str = "") -> str:
        query = {
            "client_id": self._config.client_id,
            "redirect_uri": self._config.redirect_uri,
            "state": state,
        }
        query |= {"response_type": "code", "code_challenge": challenge, "code_challenge_method": "S256"}
        if login_hint:
            query["login_hint"] = login_hint
        return f"https://provider.test/authorize?{urlencode(query)}"

    async def exchange(self, code: str, verifier: str) -> Tokens:
        if code != "good" or not verifier:
            raise OAuthError("denied", "The sign-in was not completed. Try to connect the mailbox again.")
        return self._tokens("refresh-1")

    async def refresh(self, refresh_token: str) -> Tokens:
        if refresh_token in self.revoked or not refresh_token.startswith("refresh-"):
            raise OAuthError("revoked", "The mailbox's owner must connect it again.")
        return self._tokens("")

    def _tokens(self, refresh_token: str) -> Tokens:
        self._count += 1
        expires = clock.machine_now() + timedelta(hours=1)
        return Tokens(f"access-{self._count}", refresh_token, expires, self._email, ("mail",))
