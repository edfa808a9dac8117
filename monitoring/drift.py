"""Holds the binned values of a window against a baseline: a finding per feature and rule, with its threshold."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain

import numpy as np

from artifacts.binning import Bins
from artifacts.counting import Counted
from artifacts.findings import BaselineKind, Distribution, Finding, Reason, Rule
from artifacts.grouping import grouping
from monitoring.noise import Sample, observed, statistics, thresholds
from monitoring.reach import most
from monitoring.settings import MonitoringSettings

Described = Mapping[str, tuple[Bins, Counted]]
Bounds = Mapping[tuple[str, str], float]
# The rules that need values on both sides.
OF_VALUES: tuple[Rule, ...] = ("psi", "jensen_shannon", "wasserstein", "unseen_share")
_WORDS: Mapping[str, str] = {
    "psi": "the PSI is",
    "jensen_shannon": "the Jensen-Shannon distance is",
    "wasserstein": "the Wasserstein distance, in spreads of the baseline, is",
    "null_share": "the share of nulls moved by",
    "unseen_share": "the share of unseen categories rose by",
    "out_of_range_share": "the share beyond the contract's bounds rose by",
}


@dataclass(frozen=True)
class Drift:
    """Findings, and the distributions that they are about."""

    findings: tuple[Finding, ...]
    distributions: tuple[Distribution, ...]


def find_drift(
    kind: BaselineKind, baseline: Described, current: Mapping[str, Counted], settings: MonitoringSettings, entities: int
) -> Drift:
    """Every rule of every feature in `current`, which has at least one row; the score is a feature here.

    Chance moves the window as far as one of `entities` rows: two answers about one entity are not two draws.
    """
    return hold_against(kind, baseline, current, measured_bounds(baseline, current, settings, entities))


def measured_bounds(
    baseline: Described, current: Mapping[str, Counted], settings: MonitoringSettings, entities: int
) -> Bounds:
    """By feature and rule the value up to which a window with the days of `current` shows nothing but noise.

    The false alarms of all of them together stay below the level that is aimed at for one baseline of two.
    """
    days = max(len(counted.days) for counted in current.values())
    return thresholds(
        {name: baseline[name] for name in current},
        entities,
        days,
        floors=_floors(settings),
        level=settings.false_alarms / 2,
        replicates=settings.replicates,
        seed=settings.seed,
    )


def hold_against(kind: BaselineKind, baseline: Described, current: Mapping[str, Counted], bounds: Bounds) -> Drift:
    """The findings of the features in `current`, by bounds that were measured."""
    found = (_of_feature(kind, name, baseline[name], counted, bounds) for name, counted in current.items())
    distributions = (_distribution(kind, name, baseline[name], counted) for name, counted in current.items())
    return Drift(tuple(chain.from_iterable(found)), tuple(distributions))


def _floors(settings: MonitoringSettings) -> dict[str, float]:
    distances = {name: getattr(settings, f"least_{name}") for name in ("psi", "jensen_shannon", "wasserstein")}
    return distances | dict.fromkeys(("null_share", "unseen_share", "out_of_range_share"), settings.least_share)


def _of_feature(
    kind: BaselineKind, name: str, described: tuple[Bins, Counted], counted: Counted, bounds: Bounds
) -> Iterator[Finding]:
    bins, before = described
    groups = grouping(bins, before.counts.sum(axis=0))
    sides = observed(bins, before), observed(bins, counted)
    found = statistics(bins, groups, *sides)
    reach = most(bins, groups, sides[0], counted.rows)
    values, had_values = int(counted.counts.sum()), int(before.counts.sum())
    for rule, statistic in found.items():
        about = partial(Finding, rule, name, rows=counted.rows, baseline_rows=before.rows, baseline=kind)
        if rule not in OF_VALUES or (values and had_values):
            told = f"{name}: {_WORDS[rule]} {float(statistic):.4g}{_from_to(rule, *sides)}"
            yield _finding(about, told, rule, float(statistic), bounds[name, rule], reach=reach.get(rule, np.inf))
        elif values or had_values:
            side = "the window" if had_values else "the baseline"
            text = f"{name} has no value in {side}, only nulls; the rule on its nulls says whether that is new."
            yield about(state="UNKNOWN", reason=Reason("values.none", text))


def _from_to(rule: Rule, before: Sample, now: Sample) -> str:
    """Of a share the shares themselves: of one that moved, nobody could say whether it rose or fell."""
    if not rule.endswith("_share"):
        return ""
    old, new = (
        side.counts[-1] / max(side.counts.sum(), 1) if rule == "unseen_share" else getattr(side, rule)
        for side in (before, now)
    )
    return f", from {float(old):.4g} to {float(new):.4g}"


def _finding(
    about: Callable[..., Finding], told: str, rule: Rule, value: float, threshold: float, *, reach: float
) -> Finding:
    numbers = {"value": value, "threshold": threshold}
    told = f"{told}; up to {threshold:.4g} is within noise or too little to matter"
    if threshold >= reach:
        text = f"{told}, and no window of as many rows can show more than {reach:.4g}."
        return about(state="UNKNOWN", reason=Reason("noise.too_large", text), required=False, **numbers)
    if value > threshold:
        return about(state="DRIFT", reason=Reason(f"drift.{rule}", f"{told}."), **numbers)
    return about(state="OK", reason=Reason("within_noise", f"{told}."), **numbers)


def _distribution(kind: BaselineKind, name: str, described: tuple[Bins, Counted], counted: Counted) -> Distribution:
    bins, before = described
    return Distribution(
        feature=name,
        baseline=kind,
        edges=bins.edges if bins.kind == "number" else None,
        categories=bins.categories if bins.kind == "category" else None,
        baseline_counts=tuple(np.asarray(before.counts.sum(axis=0)).tolist()),
        current_counts=tuple(np.asarray(counted.counts.sum(axis=0)).tolist()),
        baseline_nulls=int(before.nulls.sum()),
        current_nulls=int(counted.nulls.sum()),
    )
