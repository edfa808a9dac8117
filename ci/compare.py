"""Holds a smoke run against the known-good one: what regressed, what is missing, what changed without a reason."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from artifacts.errors import CannotJudge
from ci import inputs
from ci.compare_content import moved_features, unexplained
from ci.finding import ACCEPT, Finding, as_of_stage
from ci.tolerances import Tolerances

SHOWN = 5


def compare(smoke: Mapping[str, Any], known: Mapping[str, Any], tolerances: Tolerances) -> list[Finding]:
    """Every finding, in the order in which a reader looks; none is a pass.

    A smoke run that was refused is the one finding. Raises `CannotJudge` (`compare.other_plan`) when the two runs have
    other stages, so that nothing can be compared.
    """
    if "refused" in smoke:
        said = smoke["refused"]
        return [
            Finding(said["error"], f"The smoke run stopped: {said['message']}", said["next_step"], said["exit_code"])
        ]
    one, two = ([as_of_stage(stage) for stage in each["stages"]] for each in (known, smoke))
    if one != two:
        raise CannotJudge(
            "compare.other_plan",
            f"The smoke run has stages {', '.join(two)}; the known-good run {', '.join(one)}.",
            next_step="If ci/smoke.yaml was meant to change: make accept.",
        )
    if not known["stages"] or not known["features"]:
        raise CannotJudge("compare.nothing", "The known-good run has no stage or no feature.", next_step="make accept")
    changed = inputs.changed(known["inputs"], smoke["inputs"])
    found: list[Finding] = []
    for before, after in zip(known["stages"], smoke["stages"], strict=True):
        found += _metrics(before, after, tolerances)
        found += _slices(before, after, tolerances)
        found += _rows(before, after, tolerances)
        found += unexplained(before, after, changed, known["machine"] == smoke["machine"])
    found += moved_features(known["features"], smoke["features"], tolerances)
    return found


def _metrics(before: Mapping[str, Any], after: Mapping[str, Any], tolerances: Tolerances) -> Iterator[Finding]:
    was, now = (stage.get("metrics", {}).get("candidate", {}) for stage in (before, after))
    for name in was:
        if name not in tolerances.metrics:
            text = f"The candidate has a metric {name}, which no tolerance guards."
            yield Finding("compare.metric_unguarded", text, "Give it one in ci/tolerances.yaml.")
    for name, rule in tolerances.metrics.items():
        one, two = ((each.get(name) or [None])[0] for each in (was, now))
        what = f"{name} of the candidate as of {as_of_stage(after)}"
        if not _is_number(two) or not _is_number(one):
            which = "the smoke run" if not _is_number(two) else "the known-good run"
            text = f"{what} is {two if which == 'the smoke run' else one} in {which}; a number is wanted."
            yield Finding(
                "compare.metric_missing", text, "Find out why it was not measured. A missing metric never passes."
            )
            continue
        worse = rule.worse_by(one, two)
        numbers = f"{what}: {one:.4f} before, {two:.4f} now"
        if worse > rule.worse_by_at_most:
            text = f"{numbers}, worse by {worse:.4f}; at most {rule.worse_by_at_most} is noise."
            yield Finding(
                "compare.regressed", text, "Look at the features that moved, and mend or withdraw the change."
            )
        elif -worse > rule.better_by_at_most:
            text = f"{numbers}, better by {-worse:.4f}; more than {rule.better_by_at_most} is too good."
            yield Finding("compare.too_good", text, f"Look for a leak: a feature that knows the label. {ACCEPT}")


def _slices(before: Mapping[str, Any], after: Mapping[str, Any], tolerances: Tolerances) -> Iterator[Finding]:
    rule = tolerances.slices
    better = tolerances.metrics[rule.metric]
    for column in rule.columns:
        was, now = before.get("slices", {}).get(column, {}), after.get("slices", {}).get(column, {})
        if not any(slice_["rows"] >= rule.min_rows for slice_ in was.values()):
            text = f"The known-good run as of {as_of_stage(before)} has no slice by {column} of {rule.min_rows} rows."
            yield Finding("compare.slice_missing", text, "Name a slice of the training config in ci/tolerances.yaml.")
        for category, slice_ in was.items():
            if slice_["rows"] < rule.min_rows:
                continue
            one, two = slice_.get(rule.metric), now.get(category, {}).get(rule.metric)
            what = f"{rule.metric} where {column} is {category}, as of {as_of_stage(after)}"
            if not _is_number(two) or not _is_number(one):
                text = f"{what} is {two}; {one} was known, and a number is wanted."
                yield Finding("compare.slice_missing", text, f"Find out where its rows went. {ACCEPT}")
            elif not now[category]["rows"] >= rule.min_rows:
                text = f"{what} has {now[category]['rows']} rows and had {slice_['rows']}; {rule.min_rows} are wanted."
                yield Finding("compare.slice_missing", text, f"Find out where its rows went. {ACCEPT}")
            elif better.worse_by(one, two) > rule.worse_by_at_most:
                text = f"{what}: {one:.4f} before, {two:.4f} now; worse by more than {rule.worse_by_at_most}."
                yield Finding("compare.slice_regressed", text, "Look at what changed for these rows, and mend it.")


def _rows(before: Mapping[str, Any], after: Mapping[str, Any], tolerances: Tolerances) -> Iterator[Finding]:
    # Each comparison is written so that NaN is refused.
    as_of, least = as_of_stage(after), tolerances.min_holdout_rows
    if not after["holdout"]["rows"] >= least:
        text = f"The holdout as of {as_of} has {after['holdout']['rows']} rows; at least {least} are wanted."
        yield Finding("compare.too_few_rows", text, "Find out where the rows went.")
    for what, one, two in (
        ("The training set", before["rows"], after["rows"]),
        ("The holdout", before["holdout"]["rows"], after["holdout"]["rows"]),
    ):
        if not abs(two - one) <= tolerances.rows_lost_share * one:
            verb = "gained" if two > one else "lost"
            text = f"{what} as of {as_of} {verb} rows: {one} before, {two} now."
            yield Finding(f"compare.rows_{verb}", text, f"Find out which rows, and why: make impact. {ACCEPT}")
    one, two = before["months"], after["months"]
    counts = {month: (one.get(month, [0])[0], two.get(month, [0])[0]) for month in sorted({*one, *two})}
    other = [month for month, (was, now) in counts.items() if not abs(now - was) <= tolerances.rows_lost_share * was]
    if other:
        told = ", ".join(f"{month} ({counts[month][0]} before, {counts[month][1]} now)" for month in other[:SHOWN])
        text = f"The training set as of {as_of} has other rows in {len(other)} months: {told}."
        yield Finding("compare.rows_of_month", text, f"Find out which rows, and why: make impact. {ACCEPT}")
    if not abs(after["label_rate"] - before["label_rate"]) <= tolerances.label_rate_by_at_most:
        text = f"The label rate as of {as_of} was {before['label_rate']:.4f} and is {after['label_rate']:.4f}."
        yield Finding("compare.label_moved", text, f"Look at the label's SQL. {ACCEPT}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
