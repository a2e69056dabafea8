"""What strangers wrote is read in the places made for it, and nowhere else."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source import BACKEND, imported, modules, name_of, parsed

# Where a codec may be chosen by a name that is no constant.
DECODERS = {"reachly.kit.charsets", "reachly.kit.csv", "reachly.kit.csv_dialect"}
MAILBOX_READERS = {
    "email.utils.parseaddr", "email.utils.getaddresses", "email.header.decode_header", "email.header.make_header",
}  # fmt: skip


def own() -> list[Path]:
    return [*modules(), *modules(BACKEND / "mailworld")]


def chosen_codecs(path: Path) -> Iterator[int]:
    """Lines on which bytes are decoded, or a codec is looked up, by a name that is no constant."""
    for node in ast.walk(parsed(path)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        owner = node.func.value
        if isinstance(owner, ast.Name) and owner.id in ("charsets", "jwt"):
            continue
        if node.func.attr in ("decode", "lookup", "getincrementaldecoder", "getdecoder"):
            of_codecs = isinstance(owner, ast.Name) and owner.id == "codecs"
            if node.func.attr != "decode" and not of_codecs:
                continue
            named = [*node.args[:1], *(word.value for word in node.keywords if word.arg == "encoding")]
            if any(not isinstance(each, ast.Constant) for each in named):
                yield node.lineno


def test_a_codec_is_chosen_by_a_strangers_name_in_one_place_only() -> None:
    found = {name_of(path): list(chosen_codecs(path)) for path in own()}
    assert {name for name, lines in found.items() if lines} == DECODERS


def test_mailboxes_are_taken_apart_in_one_place_only() -> None:
    using = {name_of(path) for path in own() if MAILBOX_READERS & set(imported(path))}
    assert using == {"reachly.kit.mail_headers"}


def test_received_mail_is_parsed_beside_the_event_loop_only() -> None:
    parsers = {"parse_inbound", "read_message", "classify", "read_absence"}
    called = {
        (name_of(path), node.func.attr)
        for path in modules()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "policy"
        and node.func.attr in parsers
        and "inbox" in name_of(path)
    }
    assert called == set()
