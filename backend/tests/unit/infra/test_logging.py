from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog
import uvicorn

from reachly.infra import logging as reachly_logging


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    output = io.StringIO()
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    reachly_logging.configure(form="json", stream=output)
    yield output
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def test_line_is_json_with_its_context(lines: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(request_id="r1"):
        structlog.get_logger("x").info("sent", count=3)
    said = json.loads(lines.getvalue())
    assert (said["event"], said["count"], said["request_id"], said["level"]) == ("sent", 3, "r1", "info")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("password", "hunter2-hunter2"),
        ("refresh_token", "hunter2-hunter2"),
        ("smtp", {"host": "mail.example.com", "password": "hunter2-hunter2"}),
        ("accounts", [{"api_key": "hunter2-hunter2"}]),
        ("url", "postgresql://app:hunter2-hunter2@db.example.com/x"),
        ("header", "Authorization: Bearer hunter2-hunter2"),
        ("cell", "v1|k1|hunter2-hunter2|hunter2-hunter2"),
    ],
)
def test_secret_never_reaches_a_line(name: str, value: object, lines: io.StringIO) -> None:
    structlog.get_logger("x").info("happened", **{name: value})
    assert "***" in lines.getvalue()
    assert "hunter2" not in lines.getvalue()


def test_secret_in_a_traceback_is_hidden(lines: io.StringIO) -> None:
    try:
        raise RuntimeError("cannot connect to redis://user:hunter2-hunter2@cache.example.com")
    except RuntimeError:
        structlog.get_logger("x").exception("failed")
    assert "RuntimeError" in lines.getvalue()
    assert "hunter2" not in lines.getvalue()


def test_text_from_outside_can_neither_forge_a_line_nor_drive_the_terminal(lines: io.StringIO) -> None:
    reachly_logging.configure(form="pretty", stream=lines)
    structlog.get_logger("x").info("lead imported", name="Eve\r\n2026 [info] all is well \x1b[31mred\u2028")
    written = lines.getvalue()
    assert written.count("\n") == 1
    assert "\x1b[31m" not in written
    assert "\\x1b[31mred" in written


def test_lines_of_libraries_take_the_same_form(lines: io.StringIO) -> None:
    uvicorn.Config(lambda: None)  # with handlers of its own, as it has them by default
    reachly_logging.configure(form="json", stream=lines)
    logging.getLogger("uvicorn.error").warning("hello\nworld %s", 1)
    assert json.loads(lines.getvalue())["event"] == "hello\\nworld 1"
