"""Identifiers by the hundred."""

from __future__ import annotations

import uuid

from reachly.data.ids import new_ids
from reachly.kit.ids import new_id


def test_ids_by_the_hundred_are_like_single_ones() -> None:
    before = new_id()
    made = new_ids(300)
    assert len(set(made)) == 300
    assert made == sorted(made)
    assert all(isinstance(one, uuid.UUID) and one.version == 7 and one > before for one in made)
    plain = [uuid.UUID(str(one)) for one in made]
    assert plain == made
    assert set(plain) == set(made)
