"""The findings of a window in brief: the worst of each feature, and each metric of the whole window."""

from collections.abc import Sequence

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from artifacts.finding import CLOSED, BaselineKind, Count, Finding, Number, Rule, State
from artifacts.finding_ratio import is_in_part, ratio, state_of, worst_first
from artifacts.metric_names import BETTER


@dataclass(frozen=True, config=CLOSED)
class Worst:
    """A feature (`SCORE`: the score; None: the window as a whole), its state, and the finding that is farthest.

    `far` is that finding's value in thresholds, None when it cannot be said. `in_part`: it is OK by some rules only,
    and others could not be judged; False also where that was not kept yet.
    """

    state: State
    rule: Rule
    code: str
    feature: str | None = None
    baseline: BaselineKind | None = None
    value: Number | None = None
    threshold: Number | None = None
    far: Number | None = None
    in_part: bool = False


@dataclass(frozen=True, config=CLOSED)
class Metric:
    """A metric of all labelled rows of the window, with its interval."""

    rule: Rule
    state: State
    rows: Count
    value: Number | None = None
    low: Number | None = None
    high: Number | None = None
    threshold: Number | None = None


@dataclass(frozen=True, config=CLOSED)
class InBrief:
    """The worst of each feature by name, and the metrics."""

    worst: tuple[Worst, ...]
    metrics: tuple[Metric, ...]


IN_BRIEF = TypeAdapter(InBrief)


def in_brief(findings: Sequence[Finding]) -> InBrief:
    """The findings of one window in brief."""
    by_feature: dict[str | None, list[Finding]] = {}
    for one in findings:
        by_feature.setdefault(one.feature, []).append(one)
    worst = [_worst(by_feature[name]) for name in sorted(by_feature, key=lambda name: name or "")]
    metrics = [
        Metric(one.rule, one.state, one.rows, one.value, one.low, one.high, one.threshold)
        for one in findings
        if one.rule in BETTER and one.part is None
    ]
    return InBrief(tuple(worst), tuple(metrics))


def _worst(found: Sequence[Finding]) -> Worst:
    first = min(found, key=worst_first)
    return Worst(
        feature=first.feature,
        state=state_of(found),
        rule=first.rule,
        code=first.reason.code,
        baseline=first.baseline,
        value=first.value,
        threshold=first.threshold,
        far=None if first.state == "UNKNOWN" else ratio(first),
        in_part=is_in_part(found),
    )
