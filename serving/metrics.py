"""What the service counts, in Prometheus' text format; every worker counts for itself."""

import logging
import os
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator

from artifacts.errors import Refusal

LOG = logging.getLogger("shipshape")
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
COUNTERS = {
    "requests": ("route", "status"),
    "rows": ("version",),
    "rejections": ("reason",),
    "flags": ("kind",),
    "takeovers": (),
    "takeover_failures": (),
}
HELP = {
    "requests": "Requests answered.",
    "rows": "Rows scored, logged and answered.",
    "rejections": "Requests refused.",
    "flags": "Odd rows that were answered with a flag.",
    "takeovers": "Champions taken over while running.",
    "takeover_failures": "Champions that could not be loaded; the version before stayed.",
    "request_seconds": "Time from the request's first byte to its answer.",
    "in_flight": "Predictions under way.",
    "log_backlog": "Rows handed to the prediction log that are not safe yet.",
    "loaded_version": "The version that answers.",
    "start_time_seconds": "When this process began, in Unix time; one that replaced another began later than the rest.",
    "degraded": "1 when it cannot follow the champion or the upcoming rows, or cannot log, else 0.",
    "features_age_seconds": "Time since the upcoming rows that can be looked up were published.",
}
Labels = tuple[str, ...]


class Metrics:
    """Counters, a histogram and gauges of one worker; used from its event loop only."""

    def __init__(self) -> None:
        self._counters: dict[str, dict[Labels, float]] = {name: defaultdict(float) for name in COUNTERS}
        self._seconds: dict[str, list[int]] = defaultdict(lambda: [0] * (len(BUCKETS) + 1))
        self._sums: dict[str, float] = defaultdict(float)
        self._began = time.time()
        self.in_flight = 0
        self.log_backlog = 0
        # Why the log refused what it was handed last; None once it takes something again.
        self.log_trouble: str | None = None

    def count(self, name: str, *labels: str, by: float = 1) -> None:
        """Raise a counter of `COUNTERS`, with the values of its labels."""
        self._counters[name][labels] += by

    def observe(self, route: str, seconds: float) -> None:
        """A request was answered in so many seconds."""
        self._seconds[route][bisect_left(BUCKETS, seconds)] += 1
        self._sums[route] += seconds

    def log_told(self, error: BaseException | None) -> None:
        """The log took what it was handed last, or refused it."""
        if error is None:
            if self.log_trouble is not None:
                LOG.info("the prediction log can be written again: process %s answers again", os.getpid())
            self.log_trouble = None
            return
        message = error.message if isinstance(error, Refusal) else repr(error)
        if self.log_trouble is None:
            LOG.warning("process %s answers nothing: %s", os.getpid(), message)
        self.log_trouble = f"{error.code if isinstance(error, Refusal) else 'log.failed'}: {message}"

    def text(self, model: str, version: int, *, degraded: bool, features_age_seconds: float | None) -> str:
        """All of it for a scraper; `process` tells the workers behind one port apart. No age without upcoming rows."""
        lines: list[str] = []
        for name, labels in COUNTERS.items():
            lines += _head(f"{name}_total", "counter", HELP[name])
            found = self._counters[name] if labels else {(): self._counters[name][()]}
            lines += [_line(f"{name}_total", dict(zip(labels, key, strict=True)), n) for key, n in found.items()]
        lines += _head("request_seconds", "histogram", HELP["request_seconds"])
        for route, counts in self._seconds.items():
            lines += self._histogram(route, counts)
        gauges: dict[str, tuple[dict[str, str], float]] = {
            "in_flight": ({}, self.in_flight),
            "log_backlog": ({}, self.log_backlog),
            "loaded_version": ({"model": model}, version),
            "start_time_seconds": ({}, self._began),
            "degraded": ({}, int(degraded)),
        }
        if features_age_seconds is not None:
            gauges["features_age_seconds"] = ({}, features_age_seconds)
        for name, (tags, value) in gauges.items():
            lines += [*_head(name, "gauge", HELP[name]), _line(name, tags, value)]
        return "\n".join(lines) + "\n"

    def _histogram(self, route: str, counts: list[int]) -> Iterator[str]:
        total = 0
        for bound, found in zip((*map(str, BUCKETS), "+Inf"), counts, strict=True):
            total += found
            yield _line("request_seconds_bucket", {"route": route, "le": bound}, total)
        yield _line("request_seconds_sum", {"route": route}, self._sums[route])
        yield _line("request_seconds_count", {"route": route}, total)


def _head(name: str, kind: str, about: str) -> list[str]:
    return [f"# HELP serving_{name} {about}", f"# TYPE serving_{name} {kind}"]


def _line(name: str, labels: dict[str, str], value: float) -> str:
    told = ",".join(f'{label}="{text}"' for label, text in {**labels, "process": str(os.getpid())}.items())
    return f"serving_{name}{{{told}}} {value}"
