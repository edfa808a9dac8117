"""The verdict as one self-contained HTML page: the outcome in a sentence first, then everything that led to it."""

import json
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

from artifacts.metric_names import words
from artifacts.verdict import Comparison, Contestant, Estimate, Verdict
from training.config import Judge
from training.interval_plot import MINUS, calibration_plot, interval_plot, scale_of
from training.rules import held_against, limit
from training.verdict_words import MARKS, called, headline, next_command

STYLE = Path(__file__).with_name("verdict_page.css")


def render(verdict: Verdict, *, by_person: bool) -> str:
    """The page: no script, nothing fetched, so that it can be opened from anywhere and kept for ever.

    `by_person` of a candidate that only a person promotes.
    """
    mark = MARKS[verdict.outcome]
    why, command = next_command(verdict, by_person=by_person)
    reasons = "".join(f"<li>{escape(one.text)} <code>{escape(one.code)}</code></li>" for one in verdict.reasons)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(headline(verdict))} {escape(verdict.evidence.model)}</title>"
        f"<style>{STYLE.read_text(encoding='utf-8')}</style></head><body><main>"
        f'<p class="over">Verdict on a candidate for <b>{escape(verdict.evidence.model)}</b></p>'
        f'<h1><span class="mark {verdict.outcome}">{mark}</span>{escape(headline(verdict))}</h1>'
        f'<ul class="reasons">{reasons}</ul>'
        f'<p class="next">{escape(why)}<br><code class="command">{escape(command)}</code></p>'
        f"{_comparisons(verdict)}{_slices(verdict)}"
        f'<div class="pair">{_metrics(verdict)}{_calibration(verdict)}</div>{_facts(verdict)}'
        "</main></body></html>\n"
    )


def _comparisons(verdict: Verdict) -> str:
    whole = [one for one in verdict.evidence.comparisons if one.part != "slice"]
    rules = Judge.model_validate_json(json.dumps(dict(verdict.rules)))
    rows = []
    for one in whole:
        rival = "the naive model" if one.part == "naive" else called(verdict.evidence.champion)
        name = f"<b>{escape(words(one.metric))}</b><br><small>{one.part}, against {escape(rival)}</small>"
        rows.append(_row(name, one, rules, interval_plot_of(one, rules, [one])))
    return _table("How much better the candidate is", rows, _legend(verdict)) if rows else ""


def _slices(verdict: Verdict) -> str:
    slices = [one for one in verdict.evidence.comparisons if one.part == "slice"]
    rules = Judge.model_validate_json(json.dumps(dict(verdict.rules)))
    rows = [
        _row(
            f"{escape(str(one.column))} <b>{escape(str(one.category))}</b> <small>{one.rows:,} rows</small>",
            one,
            rules,
            interval_plot_of(one, rules, slices),
        )
        for one in slices
    ]
    thin = ", ".join(f"{one.column} {one.category} ({one.rows})" for one in verdict.evidence.thin_slices)
    note = f"Too few rows to judge: {escape(thin)}." if thin else "Every slice has enough rows to be judged."
    return _table("Slices, all on one scale", rows, note) if rows else ""


def interval_plot_of(one: Comparison, rules: Judge, shared: list[Comparison]) -> str:
    """The picture of one comparison, on the scale of all that it is `shared` with."""
    wanted = limit(one, rules)
    scale = scale_of([other.gain for other in shared], wanted)
    return interval_plot(one.gain, wanted, scale, holds=_holds(one, rules))


def _row(name: str, one: Comparison, rules: Judge, plot: str) -> str:
    kind, told = ("yes", "✓ holds") if _holds(one, rules) else ("no", "✗ does not hold")
    numbers = (_number(one.candidate), _number(one.rival), _estimate(one.gain, "+"))
    cells = "".join(f'<td class="n">{number}</td>' for number in numbers)
    return f'<tr><th>{name}</th>{cells}<td class="picture">{plot}</td><td class="{kind}">{told}</td></tr>'


def _table(title: str, rows: list[str], note: str) -> str:
    heads = "".join(f"<th>{head}</th>" for head in ("", "candidate", "rival", "better by", "", ""))
    return f"<h2>{title}</h2><table><thead><tr>{heads}</tr></thead>{''.join(rows)}</table><p class='note'>{note}</p>"


def _legend(verdict: Verdict) -> str:
    return (
        f"Bars are {verdict.level} intervals of the paired difference; right of the grey line, at zero, the candidate "
        "is better. The dashed line is what is asked: for the primary metric the margin, which the point must reach "
        "while the whole bar stays right of zero; for guards and slices the tolerance, which no part of the bar may "
        "cross."
    )


def _metrics(verdict: Verdict) -> str:
    by_whom = {who: verdict.evidence.metrics[who] for who in _WHO if who in verdict.evidence.metrics}
    heads = "".join(f"<th>{who}</th>" for who in by_whom)
    names = dict.fromkeys(name for metrics in by_whom.values() for name in metrics)
    rows = "".join(
        f"<tr><th>{escape(words(name))}</th>"
        + "".join(f'<td class="n">{_estimate(metrics.get(name))}</td>' for metrics in by_whom.values())
        + "</tr>"
        for name in names
    )
    table = f"<table><thead><tr><th></th>{heads}</tr></thead>{rows}</table>"
    return f"<section><h2>Metrics on the holdout rows</h2>{table}</section>"


def _calibration(verdict: Verdict) -> str:
    curves = verdict.evidence.calibration
    if not curves:
        return ""
    legend = '<span class="candidate">● candidate</span>'
    if "champion" in curves:
        legend += ' <span class="champion">□ champion</span>'
    plot = calibration_plot(curves)
    return f"<section><h2>Calibration</h2>{plot}<p class='note'>{legend} · share that happened, by score</p></section>"


def _facts(verdict: Verdict) -> str:
    evidence, holdout = verdict.evidence, verdict.evidence.holdout
    facts = {
        "Candidate": _told(evidence.candidate),
        "Champion": _told(evidence.champion) if evidence.champion else "none yet",
        "Holdout rows": f"{holdout.rows:,} of {evidence.training_set}, {holdout.positives:,} with a true label, on "
        f"{holdout.blocks} days: {holdout.start} ≤ observed_at < {holdout.end}",
        "Rule": "; ".join(_flat(verdict.rules)),
        "Decided": f"{verdict.decided_at:%Y-%m-%d %H:%M:%S} UTC by {verdict.decided_by}",
        "Key": verdict.key,
    }
    rows = "".join(f"<dt>{name}</dt><dd>{escape(told)}</dd>" for name, told in facts.items())
    return f"<h2>What was judged</h2><dl>{rows}</dl>"


def _flat(rules: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in rules.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key} {', '.join(map(str, value)) if isinstance(value, list) else value}"


_WHO = ("candidate", "champion", "naive")


def _told(one: Contestant) -> str:
    return (
        f"{called(one)}, MLflow run {one.run_id}, fitted on {one.training_set} with everything before "
        f"{one.learned_before}, sha256 {one.model_sha256}"
    )


def _holds(one: Comparison, rules: Judge) -> bool:
    return not list(held_against(one, rules))


def _number(value: float | None, sign: str = "") -> str:
    return "undefined" if value is None else format(value, f"{sign}.4f").replace("-", MINUS)


def _estimate(one: Estimate | None, sign: str = "") -> str:
    if one is None:
        return ""
    return f"{_number(one.value, sign)}<br><small>{_number(one.low, sign)} … {_number(one.high, sign)}</small>"
