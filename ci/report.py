"""The page of a comparison, in Markdown: the verdict first, then the numbers, then what changed and whom it reaches."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from artifacts.errors import Refusal
from ci.chart import charts
from ci.finding import Finding, as_of_stage
from ci.live import Live
from ci.reach import reach
from ci.summary import movement
from ci.tolerances import Tolerances

MARKER = "<!-- shipshape: model report -->"
SHOWN = 8


@dataclass(frozen=True)
class Against:
    """What a run is compared with: its name, and the models that a change may reach.

    `is_gate`: whether a finding refuses; else the page only tells.
    """

    name: str
    models: Sequence[Live] = ()
    is_gate: bool = True


def render(
    smoke: Mapping[str, Any],
    known: Mapping[str, Any],
    found: Sequence[Finding],
    tolerances: Tolerances,
    *,
    against: Against,
    extra: Sequence[str] = (),
) -> str:
    """The page; `extra` are lines of Markdown to put before what changed."""
    whole = "refused" not in smoke
    parts = [[MARKER], _verdict(smoke, known, found, against)]
    if whole:
        parts += [_metrics(smoke, known, tolerances), _slices(smoke, known, tolerances)]
        parts += [_moves(smoke, known), _rows(smoke, known)]
    parts += [list(extra), reach(smoke, known, against.models)]
    return "\n".join(line for part in parts for line in [*part, ""]).rstrip() + "\n"


def render_refusal(refusal: Refusal) -> str:
    """The page when nothing could be compared."""
    said = f"**`{refusal.code}`** {refusal.message} *{refusal.next_step}*"
    return f"{MARKER}\n\n## ❌ Refused: nothing was compared\n\n- {said}\n"


def _verdict(
    smoke: Mapping[str, Any], known: Mapping[str, Any], found: Sequence[Finding], against: Against
) -> Iterator[str]:
    if found:
        count = f"{len(found)} finding{'s' * (len(found) > 1)}"
        refused = f"## ❌ Refused: {count} against {against.name}"
        yield refused if against.is_gate else f"## Model impact of the change since {against.name}: {count}"
        yield ""
        for one in found:
            yield f"- **`{one.code}`** {one.text} *{one.next_step}*"
        return
    same = [stage["training_set"] for stage in smoke["stages"]] == [stage["training_set"] for stage in known["stages"]]
    passes = f"## ✅ Passes: no metric is worse than {against.name} beyond its tolerance"
    yield passes if against.is_gate else f"## Model impact of the change since {against.name}: within every tolerance"
    yield ""
    if same and not any(stage.get("trained", True) for stage in smoke["stages"]):
        yield "The training sets, config, code and locked packages are the same: there was nothing to train."
    elif same:
        yield "The training sets are the same, cell by cell."
    else:
        yield "The training sets changed, and the change is explained by what is listed below."
        yield "Next: if these rows are to be the known-good ones, `make accept`, and commit `ci/known_good.json`."


def _metrics(smoke: Mapping[str, Any], known: Mapping[str, Any], tolerances: Tolerances) -> Iterator[str]:
    yield "### Metrics of the candidate on its holdout rows"
    yield ""
    yield "| as of | metric | before | now | worse by | tolerance |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for before, after in zip(known["stages"], smoke["stages"], strict=False):
        as_of = as_of_stage(after)
        for name, rule in tolerances.metrics.items():
            one, two = (stage["metrics"]["candidate"].get(name) or [None] * 3 for stage in (before, after))
            worse = "" if None in (one[0], two[0]) else f"{rule.worse_by(one[0], two[0]):+.4f}"
            yield f"| {as_of} | {name} | {_estimate(one)} | {_estimate(two)} | {worse} | {rule.worse_by_at_most} |"


def _slices(smoke: Mapping[str, Any], known: Mapping[str, Any], tolerances: Tolerances) -> Iterator[str]:
    rule = tolerances.slices
    yield f"| as of | slice | rows | {rule.metric} before | now | tolerance |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for before, after in zip(known["stages"], smoke["stages"], strict=False):
        for column in rule.columns:
            for category, one in before["slices"].get(column, {}).items():
                two = after["slices"].get(column, {}).get(category, {})
                was, now = (_estimate([each.get(rule.metric), None, None]) for each in (one, two))
                where = f"{as_of_stage(after)} | {column} {category} | {two.get('rows', 0)}"
                yield f"| {where} | {was} | {now} | {rule.worse_by_at_most} |"


def _moves(smoke: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[str]:
    was, now = known["features"], smoke["features"]
    far = {name: movement(was[name], now[name]) for name in now if name in was}
    nulls = {name: abs(was[name]["null_share"] - now[name]["null_share"]) for name in far}
    moved = sorted((name for name in far if far[name] or nulls[name]), key=lambda name: -max(far[name], nulls[name]))
    yield "### Features whose distribution moved most"
    yield ""
    if not moved:
        yield f"None of {len(far)} moved."
    else:
        yield f"{len(moved)} of {len(far)} moved: numbers in standard deviations, others by the share of rows."
        yield "The bars are as high as the square root of a value's share."
        yield ""
        yield "| feature | moved by | before | now | nulls before | nulls now |"
        yield "| --- | --- | --- | --- | --- | --- |"
        for name in moved[:SHOWN]:
            one, two = charts(was[name], now[name])
            shares = f"{was[name]['null_share']:.2%} | {now[name]['null_share']:.2%}"
            yield f"| `{name}` | {far[name]:.3f} | {one} | {two} | {shares} |"
    for what, names in (("Added", now.keys() - was.keys()), ("Gone", was.keys() - now.keys())):
        if names:
            yield ""
            yield f"{what}: {', '.join(f'`{name}`' for name in sorted(names))}."


def _rows(smoke: Mapping[str, Any], known: Mapping[str, Any]) -> Iterator[str]:
    yield "### Rows"
    yield ""
    yield "| training set | rows before | rows now | label rate before | label rate now | months with other counts |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for before, after in zip(known["stages"], smoke["stages"], strict=False):
        one, two = before["months"], after["months"]
        other = [
            f"{month} ({one.get(month, 0)} → {two.get(month, 0)})"
            for month in sorted({*one, *two})
            if one.get(month) != two.get(month)
        ]
        rates = f"{before['label_rate']:.4f} | {after['label_rate']:.4f}"
        months = ", ".join(other[:SHOWN]) or "none"
        yield f"| `{after['training_set']}` | {before['rows']} | {after['rows']} | {rates} | {months} |"


def _estimate(one: Sequence[float | None]) -> str:
    value, low, high = one
    if value is None:
        return "missing"
    return f"{value:.4f}" + (f" [{low:.4f}, {high:.4f}]" if low is not None and high is not None else "")
