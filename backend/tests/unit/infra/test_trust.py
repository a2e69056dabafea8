"""One TLS context for each use, made once."""

from __future__ import annotations

import ssl

from reachly.infra import trust
from reachly.infra.outbound import guarded_transport
from reachly.integrations.mailer.port import MailerConfig
from reachly.integrations.mailer.vendors import smtp_session


def test_every_connection_to_a_mail_server_gets_the_same_context() -> None:
    one, two = (smtp_session._context(MailerConfig(f"{who}@example.com")) for who in "ab")
    assert one is two is trust.system_context("mail")
    assert one.verify_mode is ssl.CERT_REQUIRED
    assert one.check_hostname


def test_what_speaks_http_changes_another_context_than_mail_uses() -> None:
    guarded_transport()
    assert trust.system_context("web") is not trust.system_context("mail")
