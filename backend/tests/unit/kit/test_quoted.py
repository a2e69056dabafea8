"""Quoted-printable in pieces, judged by the standard library: joined or encoded at once, the same text arrives."""

from __future__ import annotations

import quopri

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reachly.kit.quoted import Part, join_pieces, make_piece, make_place

_runs = st.builds(
    lambda character, times: character * times, st.sampled_from(".x =\n\té"), st.integers(0, 160)
)
_lines = st.text(alphabet=" \t\n.=ax-é👩\x00\x85\u2028", max_size=100)
_piece = st.one_of(_lines, _runs, st.builds(str.__add__, _runs, _lines), st.text(max_size=30))


def assert_arrives(texts: list[str]) -> None:
    encoded = join_pieces([make_piece(text) for text in texts])
    for line in encoded.split(b"\r\n"):
        assert len(line) <= 76
        assert not line.startswith(b".")
        assert not line.endswith((b" ", b"\t"))
    assert not encoded.endswith(b"=")
    assert not encoded.startswith(b"=\r\n")
    assert b"=\r\n=\r\n" not in encoded
    assert encoded.isascii()
    assert b"\r" not in encoded.replace(b"\r\n", b"")
    assert b"\n" not in encoded.replace(b"\r\n", b"")
    wanted = "".join(texts).replace("\r", "\n").encode("utf-8", "replace")
    assert quopri.decodestring(encoded).replace(b"\r\n", b"\n") == wanted


@given(st.lists(_piece.map(lambda text: text.replace("\r\n", "\n")), max_size=8))
@example(["Hi ", "Ada", ",\n"])
@example(["x" * 74 + " ", "\n", " " * 75, "\n."])
@example(["x" * 75 + " ", "\n"])
@example(["x" * 76, "", ".", ".", "\n", ".", "." * 76])
@example(["https://reachly.example/" + "x" * 51 + ".gif", ".", "y" * 75, "."])
@example(["", " ", "", "\n", "\t", ""])
@example(["a=", "3D", "=\n", "= ", "\n"])
@example(["👩🏽‍💻" * 9, "👩🏽‍💻" * 9])
@settings(max_examples=500, deadline=None)
def test_what_was_said_in_pieces_arrives_as_one_text(texts: list[str]) -> None:
    assert_arrives(texts)


@pytest.mark.parametrize("end", ["", " ", "\t", ".", "=", "é", "x"])
@pytest.mark.parametrize("start", ["", " ", "\n", ".", "..x", "=", "é", "x" * 75, "." * 80])
def test_two_pieces_meet_at_every_column(end: str, start: str) -> None:
    for size in range(60, 80):
        assert_arrives(["x" * size + end, start])
        assert_arrives(["one\n" + "x" * size + end, start, "\n"])


def test_a_place_is_filled_when_the_parts_are_joined() -> None:
    first, last = make_place("here", 0), make_place("there", -1)
    parts: list[Part] = [make_piece("see "), first, make_piece(" or "), last, make_piece(".\n")]
    places = [make_piece("https://x.example/a?b=1"), make_piece("https://x.example/u")]
    assert join_pieces(parts, places) == b"see https://x.example/a?b=3D1 or https://x.example/u.\r\n"


def test_the_same_pieces_give_the_same_bytes_and_short_words_stay_readable() -> None:
    texts = ["Hi ", "Ada", ", how is ", "Lovelace & Sons", ". Fine?\n"]
    once, again = (join_pieces([make_piece(text) for text in texts]) for _ in range(2))
    assert once == again == b"Hi Ada, how is Lovelace & Sons. Fine?\r\n"
