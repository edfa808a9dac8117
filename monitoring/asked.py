"""What findings ask of the alerts: their stream, the worst finding of each key, and why they say nothing."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from artifacts.alerts import Stream, stream_of
from artifacts.finding import BaselineKind, Finding, Reason, Rule, State
from artifacts.finding_ratio import state_of, worst_first
from artifacts.findings import Findings
from artifacts.window_words import window_words

BADNESS: tuple[State, ...] = ("DRIFT", "UNKNOWN", "OK")
NOTHING = Reason("findings.nothing_judged", "No rule was asked of this window: nothing is known of it.")
_WEEK = re.compile(r"\d{4}-\d{2}-\d{2}")


def alert_key(finding: Finding) -> str:
    """The finding's key without a week, so that this week's alert is the one that next week's finding ends."""
    return replace(finding, part=None).key if finding.part and _WEEK.fullmatch(finding.part) else finding.key


def asked(findings: Findings) -> tuple[Stream, Mapping[str, Finding]]:
    """The stream, and its findings by key, the worst one of each; what may be UNKNOWN without harm is left out.

    With a truth only what was held against it counts. Nothing is never nothing: then that nothing was judged is the
    finding, for the reason that the log gives, if it does.
    """
    stream: Stream = "log" if findings.truth is None else "truth"
    counted = [one for one in findings.findings if one.required or one.state != "UNKNOWN"]
    counted = [one for one in counted if stream_of(one) == stream]
    if not counted:
        rule: Rule = "predictions" if stream == "log" else "labels"
        baseline: BaselineKind | None = None if stream == "log" else "truth"
        why = next((one.reason for one in findings.findings if one.required and one.state == "UNKNOWN"), NOTHING)
        counted = [Finding(rule, None, "UNKNOWN", why, rows=findings.rows, baseline=baseline)]
    worst_last = sorted(counted, key=lambda one: (BADNESS.index(one.state), worst_first(one)), reverse=True)
    return stream, {alert_key(one): one for one in worst_last}


def unasked(findings: Findings, before: Finding) -> Finding | None:
    """The finding that says why nothing is asked in this window of what `before` was about, and that it does no harm.

    A baseline that is there no more says so of all that was held against it, or of all of the one feature.
    """
    key = alert_key(before)
    harmless = (one for one in findings.findings if one.state == "UNKNOWN" and not one.required)
    return next((one for one in harmless if alert_key(one) == key or _was_held_against(one, before)), None)


def _was_held_against(gone: Finding, before: Finding) -> bool:
    is_baseline = gone.rule == "baseline" and gone.baseline == before.baseline
    return is_baseline and gone.feature in {None, before.feature}


def state_asked(findings: Findings) -> State:
    """The state of what was asked, which is that of its stream: drift seen where labels are asked is told elsewhere."""
    return state_of(asked(findings)[1].values())


def unjudged(findings: Findings) -> list[Finding]:
    """Why what was asked could not be judged, what matters most first; empty when all was, or any of it says DRIFT."""
    found = asked(findings)[1].values()
    unknown = [one for one in found if one.state == "UNKNOWN"]
    if any(one.state == "DRIFT" for one in found):
        return []
    # An outcome that is not known yet is why nothing can be compared with it, and not the reverse.
    return sorted(unknown, key=lambda one: (one.rule == "skew", worst_first(one)))


def why_unknown(findings: Findings) -> str | None:
    """Why, in words: each code once, with the sentence of one finding; None as `unjudged` is empty."""
    unknown = unjudged(findings)
    codes = Counter(one.reason.code for one in unknown)
    first = {one.reason.code: one.reason.text for one in reversed(unknown)}
    told = (
        f"{code}: {first[code]}" + (f" And {many - 1} more of {code}." if many > 1 else "")
        for code, many in codes.items()
    )
    return " ".join(told) or None


def why_red(every: Sequence[Findings]) -> str:
    """Which windows of one DAG run could not be judged, and each why once; then what the others said, maybe DRIFT."""
    whys: dict[str, list[str]] = {}
    for one in every:
        if why := why_unknown(one):
            whys.setdefault(why, []).append(f"{_window(one).removeprefix('W')} ({one.id})")
    blind = [f"W{' and w'.join(windows)} could not be judged: {why}" for why, windows in whys.items()]
    others = [f"{_window(one)}: {state_asked(one)}" for one in every if not why_unknown(one)]
    return " ".join([*blind, *([f"Beside it: {'; '.join(others)}."] if others else [])])


def _window(findings: Findings) -> str:
    what = "What was asked" if findings.truth is None else "What labels show"
    return f"{what} of version {findings.version} in the window {window_words(findings.start, findings.end)}"
