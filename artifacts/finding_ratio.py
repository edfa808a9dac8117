"""How far a value is from its threshold, in one measure for all rules."""

from collections.abc import Iterable

from artifacts.finding import Finding, State
from artifacts.metric_names import BETTER, words

LEAST, MOST = 0.1, 100.0
TIMES = "\N{MULTIPLICATION SIGN}"
OF_DISTRIBUTIONS = frozenset(
    {"psi", "jensen_shannon", "wasserstein", "null_share", "unseen_share", "out_of_range_share"}
)
# By skew two sides disagree on one row; nothing moved.
DIFFERS = "from what dbt computes"
WORDS = {
    "psi": "PSI",
    "jensen_shannon": "Jensen-Shannon",
    "wasserstein": "Wasserstein",
    "null_share": "share of nulls",
    "unseen_share": "unseen categories",
    "out_of_range_share": "beyond bounds",
    "skew": "skew",
    **{metric: words(metric) for metric in BETTER},
}


def ratio(finding: Finding) -> float | None:
    """The value in thresholds, from 0.1 to 100; None without both numbers. Above 1 is worse, for ROC AUC too."""
    value, threshold = finding.value, finding.threshold
    if value is None or threshold is None:
        return None
    if BETTER.get(finding.rule) == "higher":
        value, threshold = threshold, value
    if threshold <= 0:
        return MOST if value > 0 else LEAST
    return min(max(value / threshold, LEAST), MOST)


def worst_first(finding: Finding) -> tuple[int, float, str]:
    """What moved farthest comes first, then what cannot be judged."""
    order = {"DRIFT": 0, "UNKNOWN": 1 if finding.required else 3, "OK": 2}
    return order[finding.state], -(ratio(finding) or 0.0), finding.key


def state_of(findings: Iterable[Finding]) -> State:
    """As of a whole: DRIFT if any is, UNKNOWN if a required one is or nothing was judged, else OK."""
    states = {one.state for one in findings if one.required or one.state != "UNKNOWN"}
    if "DRIFT" in states:
        return "DRIFT"
    return "OK" if states == {"OK"} else "UNKNOWN"


def is_in_part(findings: Iterable[Finding]) -> bool:
    """Whether that is OK by some rules only: others could not be judged, and need not be."""
    found = list(findings)
    return state_of(found) == "OK" and any(one.state == "UNKNOWN" for one in found)


def times(finding: Finding) -> str:
    """The ratio as text; of a threshold of 0, as skew has, there is none to tell."""
    found = ratio(finding)
    return "" if found is None or not finding.threshold else written(found)


def written(found: float) -> str:
    """A ratio as text; what is at an end of the measure may lie beyond it."""
    if found >= MOST:
        return f"over {MOST:.0f}{TIMES}"
    return f"{found:.1f}{TIMES}" if found > LEAST else f"under {LEAST}{TIMES}"
