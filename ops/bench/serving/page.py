"""What was measured, as lines for the terminal and as docs/serving-benchmarks.md, with the aims that are missed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from artifacts.places import REPOSITORY
from ops.bench.figures import Spread
from ops.bench.serving.cells import CLIENTS, LIMIT, MEASURED, WORKERS, Cell, from_dict
from ops.bench.serving.prepare import BATCH_ROWS
from ops.bench.serving.servers import MLFLOW, SERVICE, SPLIT

DOCS = REPOSITORY / "docs" / "serving-benchmarks.md"
HEAD = ("workers", "rows", "clients", "", "requests/s", "p50 ms", "p99 ms", "CPU ms a request")
FASTER, P99_MS, SLOWER = 10.0, 10.0, 2.0


@dataclass(frozen=True)
class ServingAim:
    """What was hoped for, and what it came to: `got` is at least `wanted`, or at most."""

    name: str
    got: float
    wanted: float
    at_least: bool

    @property
    def is_met(self) -> bool:
        """Whether it is reached."""
        return self.got >= self.wanted if self.at_least else self.got <= self.wanted


def aims(cells: Sequence[Cell]) -> list[ServingAim]:
    """The aims, from the medians of the cells."""
    by = {(cell.server, cell.workers, cell.rows, cell.clients): cell for cell in cells}
    found = []
    for workers in WORKERS:
        for clients in CLIENTS:
            ours, theirs = (by[server, workers, 1, clients] for server in (SERVICE, MLFLOW))
            name = f"single rows, {clients} client(s), {workers} worker(s): requests/s against {MLFLOW}"
            found.append(ServingAim(name, ours.per_second.median / theirs.per_second.median, FASTER, at_least=True))
    for workers in WORKERS:
        name = f"single rows, 8 clients, {workers} worker(s): p99 in ms, durable log"
        found.append(ServingAim(name, by[SERVICE, workers, 1, 8].p99_ms.median, P99_MS, at_least=False))
    for server in (SERVICE, SPLIT):
        ratio = by[server, 1, BATCH_ROWS, 1].p50_ms.median / by[LIMIT, 1, BATCH_ROWS, 1].p50_ms.median
        name = f"{BATCH_ROWS:,} rows, 1 client, {server}: p50 against {LIMIT}"
        found.append(ServingAim(name, ratio, SLOWER, at_least=False))
    return found


def lines(cells: Sequence[Cell]) -> list[str]:
    """A line a cell, then a line an aim."""
    rows = [HEAD, *map(_row, cells)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    told = ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return [*told, "", *(f"{_verdict(aim):6}  {aim.name}: {aim.got:.2f}, aim {_bound(aim)}" for aim in aims(cells))]


def document(found: Mapping[str, Any]) -> str:
    """The page's text, from what `serving.json` holds."""
    cells = [from_dict(held) for held in found["cells"]]
    machine, load, model = found["machine"], found["load"], found["model"]
    under = (
        f"Measured {found['date']} on {machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB, "
        f"{machine['system']}, Python {machine['python']}; load {load['before'][0]:.1f} before and "
        f"{load['after'][0]:.1f} after. {model['trees']} trees, {model['features']} features; "
        f"{found['repeat']} turns of {found['seconds']:g} s a cell."
    )
    if load["before"][0] > machine["cores"]:
        under += " More ran than there are cores: rates and latencies are those of a busy machine, measure again."
    judged = [(aim.name, f"{aim.got:.2f}", _bound(aim), _verdict(aim)) for aim in aims(cells)]
    parts = [_INTRODUCTION, under, "\n## Against the aims\n", *_table([("measured", "got", "aim", ""), *judged]), _WHY]
    return "\n".join([*parts, "\n## All figures\n", *_table([HEAD, *map(_row, cells)])]) + "\n"


_INTRODUCTION = f"""# Serving benchmarks

`make bench-serving` loads `python -m serving run`, with its defaults, durable log included, and a longer timeout,
against `{MLFLOW}` of the same booster in the same environment and against XGBoost's in-place prediction in
process, with one thread and nothing around it: the limit. They take turns; a figure is the median of the turns, with
least and greatest in brackets. Before that both servers must give the model's own scores, bit for bit. Clients keep
their connections, and share the machine with the servers. The service is sent categories and checks every value;
MLflow's server is sent numbers, and checks and logs nothing. CPU is that of all the server's processes, and moves least
with what else runs on the machine.
`python -m ops.bench.serving --write-docs` writes this page.
"""

_WHY = """
Where the time of a single row goes: its JSON, checks, record and answer take some 30 microseconds of computing, and
XGBoost's call 140 alone, or 30 beside seven others; the rest is HTTP, the event loop, and the log's thread and sync. A
thousand rows are 2.3 MB of JSON as objects and 0.6 MB as `dataframe_split`; to parse them alone takes 2.5 and 1.4 ms.
Clients take a part of the same cores; past the number of cores, more of them measure the queue."""


def _row(cell: Cell) -> tuple[str, ...]:
    rate, *times = (getattr(cell, name) for name in MEASURED)
    server = (str(cell.workers), f"{cell.rows:,}", str(cell.clients), cell.server)
    return (*server, _spread(rate, 0 if rate.median > 100 else 1), *(_spread(one, 2) for one in times))  # noqa: PLR2004


def _spread(found: Spread, digits: int) -> str:
    return f"{found.median:,.{digits}f} ({found.least:,.{digits}f} to {found.greatest:,.{digits}f})"


def _verdict(aim: ServingAim) -> str:
    return "met" if aim.is_met else "missed"


def _bound(aim: ServingAim) -> str:
    return f"{'at least' if aim.at_least else 'at most'} {aim.wanted:g}"


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    head, *body = rows
    return [f"| {' | '.join(row)} |" for row in (head, tuple("---" for _ in head), *body)]
