"""Logs: one line per happening, JSON for machines or plain for people, without secrets and without forged lines."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Literal, TextIO

import structlog

from reachly.infra import metrics

HIDDEN = "***"
_SECRET_NAME = re.compile(
    r"pass(word|wd|phrase)?$|secret|token|authorization|cookie|api_?key|pepper|credential|(^|_)dsn$|keys?_ring",
    re.IGNORECASE,
)
_SECRET_TEXT = (
    (re.compile(r"(://[^\s:/@]*):[^\s@/]+@"), rf"\1:{HIDDEN}@"),
    (re.compile(r"\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE), rf"\1 {HIDDEN}"),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"), HIDDEN),
    (re.compile(r"\bv1\|[\w-]{1,32}\|[\w-]{8,}\|[\w-]{8,}"), HIDDEN),
)


def configure(
    *, level: str = "info", form: Literal["auto", "json", "pretty"] = "auto", stream: TextIO | None = None
) -> None:
    """Sets up structlog and the standard library's logging alike, on stderr or `stream`; once per process."""
    stream = stream or sys.stderr
    pretty = form == "pretty" or (form == "auto" and stream.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        count_error,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        clean,
    ]
    render: Any = (
        structlog.dev.ConsoleRenderer(colors=stream.isatty(), pad_event_to=0)
        if pretty
        else structlog.processors.JSONRenderer(sort_keys=True)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, render],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for own in (
        "uvicorn",
        "uvicorn.error",
        "uvicorn.access",
    ):  # whoever started a server before gave them handlers
        logging.getLogger(own).handlers.clear()
        logging.getLogger(own).propagate = True
    for noisy in ("alembic", "asyncio", "httpcore2", "httpx2", "mail.log", "pgqueuer", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def count_error(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """What is worth a line of level error is worth a count; `where` is the module that wrote it."""
    if event.get("level") in ("error", "critical"):
        metrics.errors.labels(str(event.get("logger") or "reachly")).inc()
    return event


def clean(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Hides what is secret by its name or its form, and escapes what could forge a line or drive a terminal."""
    for name, value in event.items():
        if name.startswith("_"):
            continue
        event[name] = (
            HIDDEN
            if _SECRET_NAME.search(name) and value
            else _clean_value(value, multiline=name == "exception")
        )
    return event


def _clean_value(value: Any, *, multiline: bool = False, depth: int = 0) -> Any:
    if isinstance(value, str):
        return clean_text(value, multiline=multiline)
    if isinstance(value, dict) and depth < 6:
        return {
            clean_text(str(name)): HIDDEN
            if _SECRET_NAME.search(str(name)) and inner
            else _clean_value(inner, depth=depth + 1)
            for name, inner in value.items()
        }
    if isinstance(value, list | tuple | set | frozenset) and depth < 6:
        return [_clean_value(inner, depth=depth + 1) for inner in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return clean_text(str(value))


def clean_text(text: str, *, multiline: bool = False) -> str:
    """The text with secrets hidden and control characters written out, line feeds too unless `multiline`."""
    for pattern, replacement in _SECRET_TEXT:
        text = pattern.sub(replacement, text)
    if multiline:
        return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]", _written_out, text)
    return re.sub(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]", _written_out, text)


def _written_out(found: re.Match[str]) -> str:
    return found.group().encode("unicode_escape").decode()
