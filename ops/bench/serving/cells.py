"""Loads both servers turn by turn, and the model alone between them: one cell for each number of rows and clients."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from artifacts import cli
from artifacts.errors import CannotJudge
from ops.bench.figures import Spread, spread
from ops.bench.measure import call
from ops.bench.serving.prepare import BATCH_ROWS, BATCHES, SINGLES
from ops.bench.serving.servers import Server, mlflow, service

LIMIT = "in-place prediction in process"
CLIENTS, ROWS, WORKERS = (1, 8, 32), (1, BATCH_ROWS), (1, 2)
MEASURED = ("per_second", "p50_ms", "p99_ms", "cpu_ms")
# A warm-up is not measured: the first requests pay for what is loaded late.
WARM_SECONDS, MOST_REQUESTS = 0.5, 100_000


@dataclass(frozen=True)
class Cell:
    """What one server did for so many clients: median, least and greatest of the turns; `cpu_ms` is a request's."""

    server: str
    workers: int
    rows: int
    clients: int
    requests: int
    per_second: Spread
    p50_ms: Spread
    p99_ms: Spread
    cpu_ms: Spread


def measure_all(folder: Path, home: Path, log: Path, seconds: float, repeat: int) -> list[Cell]:
    """Every cell, with the servers of one number of workers side by side, one of which is asked at a time."""
    turns: dict[tuple[str, int, int, int], list[Mapping[str, Any]]] = {}
    for workers in WORKERS:
        with service(home, folder, workers, log) as ours, mlflow(folder, workers, log) as theirs:
            refuse_other_scores(folder, [ours, theirs], log)
            for server in (ours, theirs):
                _load(server, folder, 1, 2 * workers, WARM_SECONDS, log)
            for turn in range(1, repeat + 1):
                for rows, clients, name, run in _plan(folder, [ours, theirs], workers, seconds, log):
                    told = run()
                    turns.setdefault((name, workers, rows, clients), []).append(told)
                    figures = ", ".join(f"{told[key]:,.2f} {key}" for key in MEASURED)
                    cli.say(
                        f"  {turn}/{repeat} {workers} worker(s), {clients} client(s), {rows} row(s), {name}: {figures}"
                    )
    return [_cell(key, of_key) for key, of_key in turns.items()]


Run = Callable[[], Mapping[str, Any]]


def _plan(
    folder: Path, servers: Sequence[Server], workers: int, seconds: float, log: Path
) -> list[tuple[int, int, str, Run]]:
    plan: list[tuple[int, int, str, Run]] = []
    for rows in ROWS:
        if workers == WORKERS[0]:
            facts = {"folder": str(folder), "rows": rows, "seconds": seconds, "most": MOST_REQUESTS}
            plan.append((rows, 1, LIMIT, lambda facts=facts: call("serving.limit:in_process", facts, {}, log).facts))  # type: ignore[misc]
        for clients in CLIENTS:
            more = [servers[0].by_split()] if rows == BATCH_ROWS else []
            for server in (*servers, *more):
                given = (server, folder, rows, clients, seconds, log)
                plan.append((rows, clients, server.name, lambda given=given: _load(*given)))  # type: ignore[misc]
    return plan


def _load(  # noqa: PLR0917  six plain facts of a cell
    server: Server, folder: Path, rows: int, clients: int, seconds: float, log: Path
) -> Mapping[str, Any]:
    many = SINGLES if rows == 1 else BATCHES
    asked = {
        "host": "127.0.0.1",
        "port": server.port,
        "path": server.path,
        "bodies": [str(folder / f"{server.bodies}-{rows}-{number}.json") for number in range(many)],
        "clients": clients,
        "seconds": seconds,
        "most": MOST_REQUESTS,
    }
    before = server.cpu_seconds()
    told = call("serving.load:load", asked, {}, log).facts
    return {**told, "cpu_ms": (server.cpu_seconds() - before) / told["requests"] * 1000}


def refuse_other_scores(folder: Path, servers: Sequence[Server], log: Path) -> None:
    """Raise `CannotJudge` (`bench.other_scores`) unless both answer a batch as the model alone does."""
    wanted = call("serving.limit:scores", {"folder": str(folder)}, {}, log).facts["scores"]
    for server in servers:
        if (got := server.scores(folder)) != wanted:
            far = max(abs(one - other) for one, other in zip(got, wanted, strict=True))
            raise CannotJudge(
                "bench.other_scores",
                f"{server.name} answers up to {far:g} away from the model alone.",
                next_step="Serve the same model with both.",
            )


def _cell(key: tuple[str, int, int, int], turns: Sequence[Mapping[str, Any]]) -> Cell:
    requests = sum(told["requests"] for told in turns)
    found = {name: asdict(spread([told[name] for told in turns])) for name in MEASURED}
    server, workers, rows, clients = key
    told = {"server": server, "workers": workers, "rows": rows, "clients": clients, "requests": requests}
    return from_dict(told | found)


def to_dict(cell: Cell) -> dict[str, Any]:
    """The cell as JSON has it."""
    return asdict(cell)


def from_dict(held: Mapping[str, Any]) -> Cell:
    """What `to_dict` made."""
    return Cell(**{**held, **{name: Spread(**held[name]) for name in MEASURED}})
