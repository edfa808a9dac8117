"""Figures as tables: for a person at the terminal, and as docs/benchmarks.md."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from artifacts.places import REPOSITORY
from ops.bench.figures import CPU, MEMORY, Aim, Figure, Found, Spread

DOCS = REPOSITORY / "docs" / "benchmarks.md"
MEMORY_AIM = 3.0
HEAD = ("measured", "rows", "took", "against", "took", "ratio", "aim", "")
VERDICT = {True: "met", False: "missed", None: ""}
Row = tuple[str, ...]


def lines(results: Sequence[Found]) -> list[str]:
    """One line a figure, in columns; then the growth of memory, when both scales are there."""
    rows = [HEAD, *(_row(result, figure) for result in results for figure in result.figures)]
    growth = [_GROWTH_HEAD, *_growth(results)]
    return [*_columns(rows), *(["", *_columns(growth)] if len(growth) > 1 else [])]


def document(results: Sequence[Found]) -> str:
    """The text of docs/benchmarks.md."""
    timed = [(result, figure) for result in results for figure in result.figures if figure.unit != MEMORY]
    aimed = [(result, figure) for result, figure in timed if figure.aim is not None]
    others = [(result, figure) for result, figure in timed if figure.aim is None]
    parts = [
        _INTRODUCTION,
        *_machine(results),
        "\n## Against the aims\n",
        *_markdown([HEAD, *(_row(*each) for each in aimed)]),
        "\n## Memory\n",
        f"Peak of the largest process. Aim: at ten years at most {MEMORY_AIM:g} times that at one year.\n",
        *_markdown([_GROWTH_HEAD, *_growth(results)]),
        "\n## Aims that are missed\n",
        *(_missed(results, aimed) or ["None."]),
        "\n## Other figures\n",
        *_markdown([HEAD, *(_row(*each) for each in others)]),
        "\n## Where the time goes\n",
        "Medians of the whole processes, in seconds.\n",
        *(
            f"- {figure.name}, {_rows(result)}: {_parts(figure.parts)}. "
            f"*{figure.peer_name}*: {_parts(figure.peer_parts)}."
            for result, figure in timed
            if figure.parts
        ),
    ]
    return "\n".join(parts) + "\n"


def write_docs(results: Sequence[Found], path: Path = DOCS) -> Path:
    """Write `document` to `path`."""
    path.write_text(document(results), encoding="utf-8")
    return path


_INTRODUCTION = """# Benchmarks

`make bench` measures each stage against a floor, the same work without the product. Each is a process of its own,
loading included; product and floor take turns; a figure is the median, with least and greatest in brackets. One year is
the real one, 336,776 flights; ten years are made from it by `ops/bench/generate.py` with a fixed seed.
`make bench ARGS="a f --scale 1 --repeat 5"` measures some of it, and `python -m ops.bench --write-docs` writes this
page from the JSON files in `$PIPELINE_HOME/bench/`.
"""


def _machine(results: Sequence[Found]) -> list[str]:
    told = []
    for machine in {tuple(sorted(result.machine.items())): result.machine for result in results}.values():
        of_it = [result for result in results if result.machine == machine]
        dates = sorted({result.date for result in of_it})
        loads = [result.load["before"][0] for result in of_it]
        told.append(
            f"Measured {dates[0] if len(dates) == 1 else f'{dates[0]} to {dates[-1]}'} on {machine['processor']}, "
            f"{machine['cores']} cores, {machine['memory_gib']} GiB, {machine['system']}, Python {machine['python']}; "
            f"load before each: {min(loads):.1f} to {max(loads):.1f}."
        )
    return told


def _row(result: Found, figure: Figure) -> Row:
    return (
        figure.name,
        _rows(result),
        _spread(figure.value, figure.unit),
        figure.peer_name or "",
        _spread(figure.peer, figure.unit) if figure.peer else "",
        f"{figure.ratio:.2f}" if figure.ratio is not None else "",
        _aim(figure.aim, figure.unit),
        VERDICT[figure.is_met],
    )


_GROWTH_HEAD = ("process", "1 year", "10 years", "growth", "aim", "")


def _growth(results: Sequence[Found]) -> list[Row]:
    rows = []
    peaks = {
        (f.name, result.benchmark, result.scale): f for result in results for f in result.figures if f.unit == MEMORY
    }
    for (name, benchmark, scale), figure in peaks.items():
        larger = peaks.get((name, benchmark, 10))
        if scale == 1 and larger is not None:
            ratio = larger.value.median / figure.value.median
            ends = (f"{each.value.median:,.0f} MiB" for each in (figure, larger))
            rows.append(
                (name.partition(":")[0], *ends, f"{ratio:.2f}", f"{MEMORY_AIM:g}", VERDICT[ratio <= MEMORY_AIM])
            )
    return rows


def _missed(results: Sequence[Found], aimed: Iterable[tuple[Found, Figure]]) -> list[str]:
    told = []
    for result, figure in aimed:
        if figure.is_met is False and figure.aim is not None and figure.peer is not None:
            told.append(
                f"- {figure.name}, {_rows(result)}: {_in_words(figure, figure.aim, figure.peer)}.{_because(figure)}"
            )
    peaks = [figure for result in results for figure in result.figures if figure.unit == MEMORY]
    why = {figure.name.partition(":")[0]: _because(figure) for figure in peaks}
    for name, _, _, ratio, aim, verdict in _growth(results):
        if verdict == VERDICT[False]:
            told.append(
                f"- {name}: ten years take {ratio} times the memory of one year; {aim} was aimed for.{why[name]}"
            )
    return told


def _because(figure: Figure) -> str:
    return f" {figure.why}." if figure.why else ""


def _in_words(figure: Figure, aim: Aim, peer: Spread) -> str:
    took = f"took {figure.value.median:.1f} {figure.unit} where {figure.peer_name} took {peer.median:.1f}"
    if aim.of == "difference":
        return f"{took}, {figure.difference:.1f} {figure.unit} more; {aim.at_most:g} more was aimed for"
    if aim.at_most < 1:
        return f"{took}, {1 / (figure.ratio or 1):.1f} times as fast; {1 / aim.at_most:g} times was aimed for"
    return f"{took}, {figure.ratio:.2f} times as long; {aim.at_most:g} times was aimed for"


def _parts(parts: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {seconds:.1f}" for name, seconds in parts.items())


def _rows(result: Found) -> str:
    if result.months < 12 * result.scale:
        return f"{result.months} months"
    return "1 year" if result.scale == 1 else f"{result.scale} years"


def _aim(aim: Aim | None, unit: str) -> str:
    if aim is None:
        return ""
    return f"{aim.at_most:g} {unit} more" if aim.of == "difference" else f"{aim.at_most:g}"


def _spread(found: Spread, unit: str) -> str:
    digits = {MEMORY: 0, CPU: 1, "s": 1}.get(unit, 2)
    return f"{found.median:,.{digits}f} {unit} ({found.least:,.{digits}f} to {found.greatest:,.{digits}f})"


def _columns(rows: Sequence[Row]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _markdown(rows: Sequence[Row]) -> list[str]:
    head, *body = rows
    return [f"| {' | '.join(row)} |" for row in (head, tuple("---" for _ in head), *body)]
