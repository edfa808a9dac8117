"""What a person is asked about a verdict that waits: the evidence that it rests on, as Markdown."""

import json
from collections.abc import Iterator, Sequence

from artifacts.metric_names import words
from artifacts.verdict import Estimate, Verdict
from training.config import Judge
from training.judged import Judged
from training.rules import held_against, limit
from training.verdict_words import called, headline


def subject(verdict: Verdict) -> str:
    """The question in one line."""
    over = "as the first champion" if verdict.evidence.champion is None else f"over {called(verdict.evidence.champion)}"
    return f"Promote {verdict.evidence.model} {called(verdict.evidence.candidate)} {over}?"


def body(judged: Judged, why: Sequence[str], pages: str | None = None) -> str:
    """Why a person is asked, the reasons, every metric and every comparison with its interval, and what follows.

    `pages` is the address of the on-call pages. What names a slice comes from data: slices are counted, not quoted.
    """
    verdict = judged.verdict
    evidence, holdout = verdict.evidence, verdict.evidence.holdout
    stays = "there is no champion" if evidence.champion is None else f"{called(evidence.champion)} stays"
    page = f"{pages}/models/{evidence.model}/versions/{evidence.candidate.version}"
    link = "" if pages is None else f" [The page of {called(evidence.candidate)}]({page})."
    return "\n".join(
        [
            f"**{headline(verdict)}** {' '.join(reason.text for reason in verdict.reasons)}",
            "",
            f"Why you are asked: {'; '.join(one.rstrip('.') for one in why)}.",
            "",
            *_metrics(verdict),
            "",
            *_comparisons(verdict),
            "",
            f"{holdout.rows:,} holdout rows of {evidence.training_set} on {holdout.blocks} days, {holdout.start} to "
            f"{holdout.end}; [low, high]: {verdict.level} intervals.",
            "",
            f"All of it, with pictures and slices: `{judged.page}` on MLflow run `{evidence.candidate.run_id}`.{link}",
            "",
            f"**Approve** makes {called(evidence.candidate)} champion, if no other was promoted meanwhile. **Reject**, "
            f"or no answer: {stays}. Your name and reason go into the ledger.",
        ]
    )


def _metrics(verdict: Verdict) -> Iterator[str]:
    metrics = verdict.evidence.metrics
    columns = [who for who in ("candidate", "champion", "naive") if who in metrics]
    yield _row("holdout metric", *columns)
    yield _row(*["---"] * (len(columns) + 1))
    for name in metrics["candidate"]:
        yield _row(words(name), *(_estimate(metrics[who].get(name)) for who in columns))


def _comparisons(verdict: Verdict) -> Iterator[str]:
    """Each comparison with what it is held against; slices as one row, by the one that came nearest to its limit."""
    rules = Judge.model_validate_json(json.dumps(dict(verdict.rules)))
    yield _row("better by", "gain", "at least", "holds")
    yield _row(*["---"] * 4)
    for one in verdict.evidence.comparisons:
        if one.part != "slice":
            holds, wanted = "no" if list(held_against(one, rules)) else "yes", f"{limit(one, rules):+.4f}"
            yield _row(f"{words(one.metric)} ({one.part})", _estimate(one.gain, "+"), wanted, holds)
    slices = [one for one in verdict.evidence.comparisons if one.part == "slice"]
    if slices:
        worst = min(slices, key=lambda one: float("-inf") if one.gain.low is None else one.gain.low)
        broken = sum(1 for one in slices if list(held_against(one, rules)))
        held, wanted = "yes" if not broken else f"{broken} do not", f"{limit(worst, rules):+.4f}"
        yield _row(f"the worst of {len(slices)} slices", _estimate(worst.gain, "+"), wanted, held)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _estimate(one: Estimate | None, sign: str = "") -> str:
    if one is None or one.value is None or one.low is None or one.high is None:
        return "undefined"
    return f"{one.value:{sign}.4f} [{one.low:{sign}.4f}, {one.high:{sign}.4f}]"
