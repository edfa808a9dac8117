"""`make mutants`: how many of the seeded regressions CI catches, by which check, and in what time."""

import argparse
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from artifacts import cli
from artifacts.errors import BadInput, GateClosed
from artifacts.places import REPOSITORY
from ci import inputs
from ci.mutants.catalogue import Mutant, read_catalogue
from ci.mutants.run import Outcome, copy_tree, refuse_a_red_tree, run_mutant
from ci.runs import folder

LEAST_CAUGHT = 0.95
PAGE = REPOSITORY / "docs" / "mutants.md"


def command(arguments: argparse.Namespace) -> cli.Answer:
    """Run them; exit 3 when fewer than 95 % are caught."""
    chosen = choose(read_catalogue(), arguments.only, arguments.kind)
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="mutants-") as temporary, ThreadPoolExecutor(arguments.workers) as pool:
        refuse_stale(chosen, Path(temporary) / "stale")
        cli.say("the verbs without any mutant, which all must pass")
        rooms = sorted({room for mutant in chosen for room in mutant.rooms})
        refuse_a_red_tree(rooms, Path(temporary) / "control")
        running = [pool.submit(run_mutant, mutant, Path(temporary) / mutant.id) for mutant in chosen]
        for number, one in enumerate(running, start=1):
            outcome = one.result()
            outcomes.append(outcome)
            cli.say(f"[{number}/{len(chosen)}] {outcome.mutant.id}: {_told(outcome)} ({outcome.seconds:.0f} s)")
            _keep(outcomes)
    page = "\n".join(lines(outcomes)) + "\n"
    (folder() / "mutants.md").write_text(page, encoding="utf-8")
    if arguments.write_docs:
        PAGE.write_text(page, encoding="utf-8")
    caught = sum(outcome.caught_by is not None for outcome in outcomes)
    told = {"caught": caught, "mutants": len(outcomes)}
    return cli.Answer(f"{caught} of {len(outcomes)} caught", page.splitlines(), told, exit_code=exit_code(outcomes))


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """0 when at least 95 % are caught, else a gate's."""
    caught = sum(outcome.caught_by is not None for outcome in outcomes)
    return 0 if outcomes and caught >= LEAST_CAUGHT * len(outcomes) else GateClosed.exit_code


def choose(mutants: Sequence[Mutant], only: Sequence[str], kinds: Sequence[str]) -> list[Mutant]:
    """Those named, or of the kinds named, or all; raises `BadInput` (`mutants.unknown`)."""
    for what, asked, known in (
        ("mutant", only, {mutant.id for mutant in mutants}),
        ("kind", kinds, {mutant.kind for mutant in mutants}),
    ):
        unknown = sorted({*asked} - known)
        if unknown:
            next_step = f"Known are {', '.join(sorted(known))}."
            raise BadInput("mutants.unknown", f"There is no {what} {unknown[0]!r}.", next_step=next_step)
    return [one for one in mutants if (not only and not kinds) or one.id in only or one.kind in kinds]


def refuse_stale(mutants: Sequence[Mutant], folder: Path) -> None:
    """Apply each to a copy of its own file, before hours are spent; raises `BadInput` (`mutants.stale`)."""
    copy_tree(folder)
    for mutant in mutants:
        before = {
            edit.file: (folder / edit.file).read_bytes() for edit in mutant.edits if (folder / edit.file).is_file()
        }
        mutant.apply(folder)
        for file, content in before.items():
            (folder / file).write_bytes(content)


def lines(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """The study as a page of Markdown."""
    caught = [outcome for outcome in outcomes if outcome.caught_by is not None]
    yield "# Mutation study"
    yield ""
    yield "Regressions such as people really make, each seeded into a copy of the project by `make mutants`, and the"
    yield "first of CI's verbs that says no. `make test` stands for the tests of the rooms that the mutant edits, until"
    yield "one fails. Tests that need a whole warehouse share one that `dbt build` makes, with all of dbt's unit tests:"
    yield "where one of those fails, the test that asked for the warehouse first is the one that is named."
    yield ""
    share = f"{len(caught)} of {len(outcomes)} caught ({len(caught) / len(outcomes):.0%})"
    seconds = sorted(outcome.seconds for outcome in outcomes)
    yield f"{share}; {seconds[len(seconds) // 2]:.0f} s a mutant (median), {sum(seconds) / 60:.0f} min in all."
    yield f"Measured {datetime.now(UTC):%Y-%m-%d} on {inputs.machine()}, {os.cpu_count()} cores."
    left_out = len(read_catalogue()) - len(outcomes)
    if left_out:
        yield f"{left_out} of the catalogue's {len(read_catalogue())} were not run this time."
    yield ""
    yield "| mutant | kind | what somebody did | caught by | check | s |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for outcome in outcomes:
        mutant = outcome.mutant
        why = outcome.why.replace("|", "\\|").replace("\n", " ")
        by = outcome.caught_by or "**survived**"
        yield f"| {mutant.id} | {mutant.kind} | {mutant.says} | {by} | {why} | {outcome.seconds:.0f} |"


def _told(outcome: Outcome) -> str:
    return f"caught by {outcome.caught_by}: {outcome.why}" if outcome.caught_by else "SURVIVED"


def _keep(outcomes: Sequence[Outcome]) -> None:
    told = [
        {
            "id": one.mutant.id,
            "kind": one.mutant.kind,
            "caught_by": one.caught_by,
            "why": one.why,
            "seconds": one.seconds,
        }
        for one in outcomes
    ]
    (folder() / "mutants.json").write_text(json.dumps(told, indent=1), encoding="utf-8")
