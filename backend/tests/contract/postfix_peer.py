"""Debian's Postfix on loopback, in a throw-away folder, with Dovecot behind it for the sign-in."""

from __future__ import annotations

import contextlib
import email
import email.policy
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from email.message import EmailMessage
from pathlib import Path

from tests.contract.certificates import make_tls

USER, PASSWORD = "me@corp.test", "p{ss w\\rd"
SIZE_LIMIT = 200_000
ADDED = ("Return-Path", "X-Original-To", "Delivered-To", "Received")
_PROGRAMS = Path("/usr/lib/postfix/sbin")

_MAIN = """
compatibility_level = 3.6
queue_directory = {root}/spool
data_directory = {root}/data
command_directory = /usr/sbin
daemon_directory = {programs}
mail_owner = postfix
setgid_group = postdrop
maillog_file = {root}/log/postfix.log
maillog_file_prefixes = {root}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
myhostname = mta.corp.test
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
local_transport = error:no local delivery
virtual_mailbox_domains = corp.test
virtual_mailbox_base = {root}/mail
virtual_mailbox_maps = static:all/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
disable_dns_lookups = yes
smtpd_peername_lookup = no
smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination
smtpd_recipient_restrictions =
  check_recipient_access inline:{{ {{rejectme@corp.test=REJECT}}, {{deferme@corp.test=DEFER}} }}
  reject_unauth_destination
header_checks = regexp:{root}/etc/header_checks
message_size_limit = {size}
smtpd_tls_cert_file = {root}/etc/127.0.0.1.pem
smtpd_tls_key_file = {root}/etc/127.0.0.1.pem
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{auth}
smtpd_forbid_bare_newline = yes
smtpd_forbid_bare_newline_exclusions =
"""
_MASTER = """
127.0.0.1:{plain} inet n - n - - smtpd
127.0.0.1:{submission} inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_client_restrictions=permit_sasl_authenticated,reject
127.0.0.1:{wrapped} inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_client_restrictions=permit_sasl_authenticated,reject
127.0.0.1:{limited} inet n - n - - smtpd
  -o smtpd_client_message_rate_limit=3
  -o smtpd_client_event_limit_exceptions=
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""
_DOVECOT = """
protocols =
base_dir = {root}/run
state_dir = {root}/state
instance_name = reachly-postfix
log_path = {root}/dovecot.log
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
default_internal_user = nobody
default_login_user = nobody
default_internal_group = nogroup
first_valid_uid = 1
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {root}/users
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={root}
}}
service auth {{
  chroot =
  inet_listener {{
    address = 127.0.0.1
    port = {auth}
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


class Postfix:
    """Listeners: `plain`, `submission` (STARTTLS and sign-in are required), `wrapped` (TLS from the first byte and
    sign-in) and `limited` (three messages a minute). What it accepts for corp.test lies in one Maildir. `trust` knows
    its certificate. No system file is touched."""

    def __init__(self) -> None:
        root = self.root = Path(tempfile.mkdtemp(prefix="reachly-postfix-"))
        root.chmod(0o755)
        names = ("plain", "submission", "wrapped", "limited", "auth")
        self.plain, self.submission, self.wrapped, self.limited, auth = _free_ports(len(names))
        nobody, postfix = pwd.getpwnam("nobody"), pwd.getpwnam("postfix")
        for folder in ("etc", "spool", "data", "log", "mail"):
            (root / folder).mkdir()
        os.chown(root / "data", postfix.pw_uid, postfix.pw_gid)
        os.chown(root / "mail", nobody.pw_uid, nobody.pw_gid)
        _, self.trust = make_tls(root / "etc")
        values = {
            "root": root, "programs": _PROGRAMS, "size": SIZE_LIMIT, "auth": auth, "uid": nobody.pw_uid,
            "gid": nobody.pw_gid, "plain": self.plain, "submission": self.submission, "wrapped": self.wrapped,
            "limited": self.limited,
        }  # fmt: skip
        (root / "etc" / "main.cf").write_text(_MAIN.format(**values))
        (root / "etc" / "master.cf").write_text(_MASTER.format(**values))
        (root / "etc" / "header_checks").write_text("/^Subject: refuse me/ REJECT Not wanted\n")
        self._dovecot = _start_dovecot(root / "dovecot", auth) if shutil.which("dovecot") else None
        self._command("start")
        _wait_for(self.plain)

    def _command(self, verb: str) -> None:
        command = ["/usr/sbin/postfix", "-c", str(self.root / "etc"), verb]
        subprocess.run(command, check=True, capture_output=True)

    @property
    def signs_in(self) -> bool:
        return self._dovecot is not None

    def take_mail(self, wanted: int, seconds: float = 60) -> list[tuple[str, EmailMessage]]:
        """(recipient, message) of what has arrived, once that are so many; it is gone from the Maildir afterwards."""
        new, deadline = self.root / "mail" / "all" / "new", time.monotonic() + seconds
        while len(paths := sorted(new.glob("*"))) < wanted or self._is_busy():
            assert time.monotonic() < deadline, f"{len(paths)} of {wanted} arrived"
            time.sleep(0.05)
        found = []
        for path in paths:
            message = email.message_from_bytes(
                path.read_bytes(), policy=email.policy.default.clone(utf8=True)
            )
            path.unlink()
            recipient = str(message["X-Original-To"])
            for name in ADDED:
                del message[name]
            found.append((recipient, message))
        return found

    def _is_busy(self) -> bool:
        """Whether anything is still in one of its queues."""
        spool = self.root / "spool"
        return any(any((spool / queue).rglob("[0-9A-F]*")) for queue in ("incoming", "active", "deferred"))

    def stop(self) -> None:
        with contextlib.suppress(subprocess.CalledProcessError):
            self._command("stop")
        if self._dovecot is not None:
            self._dovecot.terminate()
            self._dovecot.wait(30)
        shutil.rmtree(self.root, ignore_errors=True)


def _start_dovecot(root: Path, port: int) -> subprocess.Popen[bytes]:
    for folder in ("run", "state"):
        (root / folder).mkdir(parents=True)
    (root / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}::::::\n")
    (root / "conf").write_text(_DOVECOT.format(root=root, auth=port))
    nobody = pwd.getpwnam("nobody")
    for path in (root, *root.rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    command = ["dovecot", "-F", "-c", str(root / "conf")]
    process = subprocess.Popen(command, cwd="/", user=nobody.pw_uid, group=nobody.pw_gid, extra_groups=[])
    _wait_for(port)
    return process


def _free_ports(n: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(n)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _wait_for(port: int, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 5).close()
        except OSError:
            assert time.monotonic() < deadline, f"nothing listens on {port}"
            time.sleep(0.05)
        else:
            return
