"""The mission's metrics, for Prometheus. One registry per process; no label holds a lead, a mail or an address.

`cpuUtilization` is the rate of `process_cpu_seconds_total`, `emailsPerHour` the hourly increase of
`reachly_emails_sent_total`; `deploy/prometheus/` has the rules.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, start_http_server
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from reachly.infra.startup import CannotStart

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

registry = CollectorRegistry()
ProcessCollector(registry=registry)
PlatformCollector(registry=registry)
GCCollector(registry=registry)

api_response_seconds = Histogram(
    "reachly_api_response_seconds",
    "Time from request to response, by route template",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10),
    registry=registry,
)
database_query_seconds = Histogram(
    "reachly_database_query_seconds",
    "Time of one statement; a sample of the transactions is timed",
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5),
    registry=registry,
)
database_connection_failures = Counter(
    "reachly_database_connection_failures", "Connections to the database that failed", registry=registry
)
emails_sent = Counter(
    "reachly_emails_sent",
    "Messages tried, by provider and outcome; `sent` were handed over",
    ["provider", "outcome"],
    registry=registry,
)
campaigns_active = Gauge("reachly_campaigns_active", "Campaigns that are active", registry=registry)
deliverability_ratio = Gauge(
    "reachly_deliverability_ratio",
    "Delivered share of the messages of today and yesterday (UTC), 0 to 1",
    registry=registry,
)
email_backlog = Gauge("reachly_email_backlog", "Messages that are due and not sent", registry=registry)
jobs_waiting = Gauge("reachly_jobs_waiting", "Jobs that wait to run", registry=registry)
jobs_failed = Gauge("reachly_jobs_failed", "Jobs that were kept as failed", registry=registry)
limits_alone = Gauge(
    "reachly_limits_alone",
    "1 while Redis is away and this process counts requests alone",
    registry=registry,
)
errors = Counter("reachly_errors", "Unexpected errors, by where they happened", ["where"], registry=registry)
sign_ups = Counter("reachly_sign_ups", "Organizations registered", registry=registry)
live_sockets = Gauge("reachly_live_sockets", "Open live connections", registry=registry)
memory_used_ratio = Gauge(
    "reachly_memory_used_ratio",
    "Memory in use as a share of what this process may have, 0 to 1",
    registry=registry,
)


def render() -> bytes:
    """The text that `/metrics` answers."""
    return generate_latest(registry)


def serve(host: str, port: int) -> Callable[[], None]:
    """Answers the same on a port of its own, from a thread: for a process that serves nothing else.

    Returns what ends it. Raises OSError when the port cannot be had.
    """
    server, thread = start_http_server(port, addr=host, registry=registry)

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return stop


def serve_beside(name: str, host: str, port: int | None, stack: ExitStack | AsyncExitStack) -> None:
    """Serves on a process's own port, where the settings give one, until the stack is left. Raises CannotStart."""
    if port is None:
        return
    try:
        stack.callback(serve(host, port))
    except OSError as error:
        raise CannotStart(
            f"The metrics of `{name}` cannot be served on {host}:{port} (REACHLY_METRICS__{name.upper()}_PORT): {error}"
        ) from None


def _memory_share() -> float:
    """Resident memory over the container's limit, or over the machine's memory where there is none; 0 if unknown."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        lines = Path("/proc/meminfo").read_text().splitlines()
        limit = int(next(line for line in lines if line.startswith("MemTotal")).split()[1]) * 1024
        control = Path("/sys/fs/cgroup/memory.max")
        allowed = control.read_text().strip() if control.exists() else "max"
        if allowed.isdigit():
            limit = min(limit, int(allowed))
    except (OSError, ValueError, IndexError, StopIteration):
        return 0.0
    return pages * 4096 / limit


memory_used_ratio.set_function(_memory_share)
