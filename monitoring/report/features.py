"""Each feature's distribution, baseline against window, and its drift over time: what moved first."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape

from artifacts.finding import SCORE, BaselineKind, Distribution, Finding
from artifacts.finding_ratio import OF_DISTRIBUTIONS, WORDS, is_in_part, state_of, times, worst_first
from artifacts.findings import Findings
from monitoring.report.categories import beside, draw
from monitoring.report.history import History
from monitoring.report.text import AGAINST, mark, name_of, not_judged, number, rule_of, table
from monitoring.report.trend import by_feature, line

KINDS: tuple[BaselineKind, ...] = ("training", "served")
CALLED: Mapping[BaselineKind, str] = {"training": "Training", "served": "Trailing window"}
LAST = (4, 0.0, "")
LEGEND = (
    '<p class="note legend"><span class="key filled"></span> baseline <span class="key outline"></span> this window · '
    "height is the share of rows that have a value; the number at the top left is the highest. Columns marked ≤ and "
    "&gt; are the open ends. In the lines over time the dashed line is the threshold, ▲ is DRIFT, ○ is OK, ◐ is OK by "
    "some rules while others could not be judged, and ? could not be judged.</p>"
)


def features(findings: Findings, history: History) -> str:
    """All features; the score has a place of its own."""
    found = by_feature(history.windows[-1])
    drawn = {one.feature for one in findings.distributions}
    names = sorted(
        (name for name in {*found, *drawn} if name and name != SCORE),
        key=lambda name: (min(map(worst_first, found.get(name, ())), default=LAST), name),
    )
    if not names:
        return "<h2>Features</h2><p>No feature was held against a baseline; the reasons are above.</p>"
    loud = [name for name in names if state_of(found.get(name, ())) != "OK"]
    cards = [_wide(name, findings, history, found.get(name, ())) for name in loud]
    quiet = [_small(name, findings, history, found[name]) for name in names if name not in loud]
    parts = ["<h2>Features, what moved first</h2>", LEGEND, *cards]
    if quiet:
        parts += [f"<h3>Within noise: {len(quiet)}</h3>", '<div class="cards">', *quiet, "</div>"]
    return "".join(parts)


def score_card(findings: Findings, history: History, aside: str) -> str:
    """The score, as a feature, with `aside` (HTML) beside it."""
    found = by_feature(history.windows[-1]).get(SCORE, ())
    if not found and SCORE not in {one.feature for one in findings.distributions}:
        return f"<p>The score was not held against a baseline; the reasons are above.</p>{aside}"
    return _wide(SCORE, findings, history, found, aside)


def _wide(name: str, findings: Findings, history: History, found: Sequence[Finding], aside: str = "") -> str:
    state = state_of(found)
    pictures = [
        f"<figure><figcaption>{CALLED[kind]} → this window</figcaption>{draw(bins)}"
        f'<p class="beside">{beside(bins)}</p></figure>'
        for kind, bins in _distributions(name, findings)
    ]
    kind: BaselineKind = _worst_kind(found)
    over = f"<figcaption>Over time, against {AGAINST[kind]}</figcaption>{line(history, name, kind)}"
    return (
        f'<section class="wide {state}"><h3>{mark(state, in_part=is_in_part(found))} {name_of(name)}</h3>'
        f'<div class="pictures">{"".join(pictures)}<figure>{over}</figure></div>'
        f'<div class="below">{_rules(found)}{aside}</div></section>'
    )


def _small(name: str, findings: Findings, history: History, found: Sequence[Finding]) -> str:
    kinds = _distributions(name, findings)
    drawn = [f'{draw(bins)}<p class="beside">{beside(bins)}</p>' for _, bins in list(kinds)[:1]]
    judged = sorted((one for one in found if one.state == "OK"), key=worst_first)
    far = ", ".join(filter(None, (f"farthest: {rule_of(judged[0])}", times(judged[0])))) if judged else ""
    state, in_part = state_of(found), is_in_part(found)
    unjudged = f'<p class="beside">not judged: {not_judged(found)}</p>' if in_part else ""
    return (
        f'<section class="small {state}"><h4>{mark(state, in_part=in_part)} {name_of(name)}</h4>'
        f'{"".join(drawn)}<p class="beside">{far}</p>{unjudged}{line(history, name, _worst_kind(found))}</section>'
    )


def _distributions(name: str, findings: Findings) -> Iterator[tuple[BaselineKind, Distribution]]:
    for kind in KINDS:
        yield from ((kind, one) for one in findings.distributions if (one.feature, one.baseline) == (name, kind))


def _worst_kind(found: Sequence[Finding]) -> BaselineKind:
    first = min((one for one in found if one.baseline), key=worst_first, default=None)
    return first.baseline or "training" if first else "training"


def _rules(found: Sequence[Finding]) -> str:
    """A row for each rule, a column for each baseline; then why something is UNKNOWN."""
    judged = [one for one in sorted(found, key=worst_first) if one.baseline]
    cells = {(one.rule, one.baseline): one for one in judged}
    kinds = [kind for kind in KINDS if any(one.baseline == kind for one in judged)]
    rules = list(dict.fromkeys(one.rule for one in judged if one.rule in OF_DISTRIBUTIONS))
    rows = [[WORDS[rule], *(_cell(cells.get((rule, kind))) for kind in kinds)] for rule in rules]
    shown = table(("rule", *(f"against {AGAINST[kind]}" for kind in kinds)), rows) if rows else ""
    reasons = dict.fromkeys(one.reason.text for one in found if one.state == "UNKNOWN")
    why = "".join(f'<p class="why">{mark("UNKNOWN")} {escape(reason)}</p>' for reason in reasons)
    return f'<div class="rules">{shown}{why}</div>'


def _cell(finding: Finding | None) -> str:
    if finding is None:
        return "<small>not asked</small>"
    if finding.value is None:
        return f"{mark(finding.state)} <small>no number</small>"
    threshold = ", ".join(filter(None, (f"threshold {number(finding.threshold)}", times(finding))))
    return f"{mark(finding.state)} {number(finding.value)} <small>{threshold}</small>"
