"""Who is champion, since when and why, and who was: a part of the page of a model."""

from collections.abc import Sequence

from fastapi import Request

from artifacts.ledger import Promotion
from artifacts.metric_names import words
from artifacts.plural import many
from artifacts.window_words import window_words
from plugins.on_call.frame import link, version
from plugins.on_call.home import Home
from plugins.on_call.markup import Child, Html, el, facts, folded, join, table
from plugins.on_call.section import told
from plugins.on_call.words import ago, estimate, moment


def champion(request: Request, home: Home, model: str) -> Html:
    """The newest line of the ledger, and, from MLflow, what the version was promoted with."""
    lines = home.lines(model)
    line = lines[-1]
    since = join(moment(line.decided_at), f" UTC, {ago(line.decided_at)}, by {line.decided_by}")
    pairs: list[tuple[Child, Child]] = [
        ("version", el("b", version(request, model, line.version))),
        ("since", since),
        ("why", line.reason),
    ]
    known = told("What MLflow knows of it", lambda: _promoted_with(request, home, lines))
    return join(facts(pairs), known, _before(request, lines))


def _promoted_with(request: Request, home: Home, lines: Sequence[Promotion]) -> Html:
    line = lines[-1]
    record = home.record(line.model, line.version)
    trained = link(request, record.training_set, "training-sets", *record.training_set.split("/"))
    made = next((one for one in reversed(lines) if one.version == line.version and one.verdict), None)
    pairs = facts([("training set", trained)])
    if made is None or made.verdict is None:
        return join(
            pairs, el("p", "No verdict came with it, so its metrics are those of its MLflow run.", class_="quiet")
        )
    verdict = home.verdict(made.run_id, made.verdict)
    evidence = verdict.evidence
    own, naive = evidence.metrics["candidate"], evidence.metrics.get("naive", {})
    rows: list[list[Child]] = [[words(name), estimate(one), estimate(naive.get(name))] for name, one in own.items()]
    held = evidence.holdout
    rows_told = f"{held.rows:,} rows of {many(held.blocks, 'day')}, {window_words(held.start, held.end)}"
    return join(
        pairs,
        table(("on the holdout", "champion", "naive model"), rows),
        el("small", f"{rows_told}; [low, high]: {verdict.level} intervals"),
    )


def _before(request: Request, lines: Sequence[Promotion]) -> Html | None:
    if len(lines) == 1:
        return None
    rows: list[list[Child]] = [
        [moment(one.decided_at), version(request, one.model, one.version), one.kind, one.decided_by, one.reason]
        for one in reversed(lines[:-1])
    ]
    return folded(f"{len(rows)} before it", table(("decided", "version", "how", "by", "why"), rows))
