from __future__ import annotations

import base64
import uuid

import pytest

from reachly.infra import crypto
from reachly.infra.crypto import CannotOpen, KeyRing

ROW = uuid.UUID(int=1)


def ring(*kids: str) -> KeyRing:
    return KeyRing.parse(
        ",".join(f"{kid}:{base64.b64encode(kid.encode().ljust(32, b'.')).decode()}" for kid in kids)
    )


def seal(plain: str, keys: KeyRing) -> str:
    return crypto.seal(plain, ring=keys, table="email_accounts", column="access_token", row_id=ROW)


def test_sealed_value_opens_in_its_own_cell() -> None:
    sealed = seal("geheim ✓", ring("k1"))
    assert sealed.startswith("v1|k1|")
    assert "geheim" not in sealed
    opened = crypto.open_sealed(
        sealed, ring=ring("k1"), table="email_accounts", column="access_token", row_id=ROW
    )
    assert opened == "geheim ✓"


@pytest.mark.parametrize(
    ("table", "column", "row"),
    [
        ("users", "access_token", ROW),
        ("email_accounts", "refresh_token", ROW),
        ("email_accounts", "access_token", uuid.UUID(int=2)),
    ],
)
def test_value_moved_to_another_cell_does_not_open(table: str, column: str, row: uuid.UUID) -> None:
    with pytest.raises(CannotOpen):
        crypto.open_sealed(seal("x", ring("k1")), ring=ring("k1"), table=table, column=column, row_id=row)


def test_every_changed_character_is_noticed() -> None:
    sealed = seal("secret", ring("k1"))
    for index in range(len("v1|k1|"), len(sealed) - 1):
        if sealed[index] == "|":
            continue
        changed = sealed[:index] + ("A" if sealed[index] != "A" else "B") + sealed[index + 1 :]
        with pytest.raises(CannotOpen):
            crypto.open_sealed(
                changed, ring=ring("k1"), table="email_accounts", column="access_token", row_id=ROW
            )


@pytest.mark.parametrize(
    "damaged", ["", "v1", "v2|k1|a|b", "v1|k1|a", "v1|k1|!|!", "v1|gone|AAAA|AAAA", "v1|k1|AAAA|AAAA"]
)
def test_damaged_value_is_refused_in_words(damaged: str) -> None:
    with pytest.raises(CannotOpen):
        crypto.open_sealed(damaged, ring=ring("k1"), table="t", column="c", row_id=ROW)


def test_rotated_ring_opens_old_values_and_seals_with_the_new_key() -> None:
    old = seal("x", ring("k1"))
    keys = ring("k2", "k1")
    assert (
        crypto.open_sealed(old, ring=keys, table="email_accounts", column="access_token", row_id=ROW) == "x"
    )
    assert crypto.key_of(old) == "k1"
    assert crypto.key_of(seal("x", keys)) == "k2"


def test_same_text_never_seals_alike() -> None:
    assert len({seal("x", ring("k1")) for _ in range(50)}) == 50


def test_signature_holds_for_its_purpose_and_payload_only() -> None:
    keys = ring("k1")
    signature = crypto.sign(b"payload", "open", ring=keys)
    assert len(signature) == 16
    assert crypto.verify(b"payload", signature, "open", ring=keys, kid="k1")
    assert not crypto.verify(b"payload", signature, "click", ring=keys, kid="k1")
    assert not crypto.verify(b"payloae", signature, "open", ring=keys, kid="k1")
    assert not crypto.verify(b"payload", signature[:-1], "open", ring=keys, kid="k1")


def test_retired_key_verifies_for_ever_and_a_foreign_one_never() -> None:
    signature = crypto.sign(b"p", "open", ring=ring("k1"))
    assert crypto.verify(b"p", signature, "open", ring=ring("k2", "k1"), kid="k1")
    assert not crypto.verify(b"p", signature, "open", ring=ring("k2"), kid="k1")


@pytest.mark.parametrize("text", ["", "k1", "k1:!!", "k1:c2hvcnQ=", f":{'A' * 43}=", f"a b:{'A' * 43}="])
def test_unusable_ring_is_refused_without_its_key(text: str) -> None:
    with pytest.raises(ValueError) as refused:
        KeyRing.parse(text)
    assert "AAAA" not in str(refused.value)


def test_keys_do_not_show_in_a_repr() -> None:
    assert "k1" in repr(ring("k1"))
    assert "..." not in repr(ring("k1"))


def test_derived_keys_differ_by_purpose() -> None:
    assert crypto.derive_key("s", "a") != crypto.derive_key("s", "b")
    assert crypto.derive_key("s", "a") == crypto.derive_key("s", "a")
