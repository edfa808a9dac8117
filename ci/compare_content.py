"""Findings about rows and bytes: what changed without a reason, and which features have another distribution."""

from collections.abc import Iterator, Mapping
from math import isclose
from typing import Any

from ci.finding import ACCEPT, Finding, as_of_stage
from ci.summary import is_constant, movement
from ci.tolerances import Tolerances

# What may explain other rows, and only that; another version of a tool, or other Python, may not even explain these.
EXPLAINS = ("sql", "yaml", "source", "config")
ROUNDING = 1e-9


def unexplained(
    before: Mapping[str, Any], after: Mapping[str, Any], changed: Mapping[str, list[str]], same_machine: bool
) -> Iterator[Finding]:
    """What differs in a stage although nothing that may explain it does; `changed` is as `ci.inputs.changed` gives it.

    The bytes of a model are compared on one and the same machine only: another processor may round otherwise.
    """
    as_of, others = as_of_stage(after), f"{' and '.join(changed) or 'nothing'} changed"
    if before["training_set"] != after["training_set"]:
        if any(kind in changed for kind in EXPLAINS):
            return
        text = (
            f"{before['training_set']} is now {after['training_set']}, and no SQL, source or config is other: {others}."
        )
        twice = "Run make smoke twice; if the ids differ, something is not reproducible."
        yield Finding("compare.set_changed", text, f"{twice} {ACCEPT}")
        return
    if "config" in changed:
        return
    if before["holdout"] != after["holdout"] or not _equal(before["metrics"]["naive"], after["metrics"]["naive"]):
        text = f"The holdout as of {as_of}, or how it is measured, is another for the same set and config: {others}."
        yield Finding("compare.holdout_moved", text, f"Look at the code that places the windows or measures. {ACCEPT}")
    if same_machine and "tools" not in changed and before["model_sha256"] != after["model_sha256"]:
        text = f"The model as of {as_of} has other bytes for the same set and config: {others}."
        yield Finding("compare.model_changed", text, f"If no code should change it, it is not reproducible. {ACCEPT}")
    if (before["outcome"], before["reasons"]) != (after["outcome"], after["reasons"]):
        one, two = (f"{each['outcome']} ({', '.join(each['reasons'])})" for each in (before, after))
        text = f"The verdict as of {as_of} was {one} and is {two}, for the same set and config: {others}."
        yield Finding("compare.verdict_changed", text, f"Look at the code that weighs the evidence. {ACCEPT}")


def moved_features(was: Mapping[str, Any], now: Mapping[str, Any], tolerances: Tolerances) -> Iterator[Finding]:
    """Features that are gone, have one value only, or another distribution than the tolerances let pass."""
    rule = tolerances.features
    for name in now:
        if name not in was and is_constant(now[name]):
            text = f"The new feature {name} has one value in all rows, or none."
            yield Finding("compare.feature_constant", text, "Look at its SQL and what it joins.")
    for name, before in was.items():
        after = now.get(name)
        if after is None:
            yield Finding("compare.feature_gone", f"Feature {name} is gone.", f"Bring it back. {ACCEPT}")
            continue
        moved, nulls = movement(before, after), (before["null_share"], after["null_share"])
        if not moved <= rule.moved_by_at_most:
            text = f"The distribution of feature {name} moved by {moved:.2f}; at most {rule.moved_by_at_most} passes."
            yield Finding("compare.feature_moved", text, f"Look at its SQL: make impact. {ACCEPT}")
        if is_constant(after) and not is_constant(before):
            text = f"Feature {name} has one value in all rows, and had several."
            yield Finding("compare.feature_constant", text, f"Look at its SQL and what it joins. {ACCEPT}")
        if not abs(nulls[1] - nulls[0]) <= rule.null_share_by_at_most:
            text = f"Feature {name} was null in {nulls[0]:.1%} of the rows and is in {nulls[1]:.1%}."
            yield Finding("compare.nulls_moved", text, f"Look at its SQL: make impact. {ACCEPT}")


def _equal(was: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether metrics are the same; in the last digits another processor may round otherwise."""
    if was == now:
        return True
    try:
        pairs = [pair for name in {*was, *now} for pair in zip(was[name], now[name], strict=True)]
        return all(isclose(one, two, rel_tol=ROUNDING) for one, two in pairs)
    except (TypeError, KeyError, ValueError):
        return False
