"""Performance once labels are known: the model's metrics by week and slice against what it promised on its holdout."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import partial

import numpy as np

from artifacts.finding import part_in_words
from artifacts.findings import Finding, Reason, Rule, State
from artifacts.metric_names import BETTER, of_slice
from artifacts.plural import many
from monitoring.estimates import estimate
from monitoring.labelled import Labelled, labels_came
from monitoring.settings import MonitoringSettings
from monitoring.window import Window

RULES: tuple[Rule, ...] = ("log_loss", "roc_auc", "brier", "calibration_error")
_UNMEASURED: Mapping[str, Rule] = {"average_precision": "average_precision"}
_SLICE = re.compile(r"slice/([^/]+)/([^/]+)/([^/]+)")
WEEK = 7
# By whether the value is worse than allowed, and whether its whole interval is.
_OUTCOMES: Mapping[tuple[bool, bool], tuple[State, str]] = {
    (False, False): ("OK", "performance.kept"),
    (True, False): ("UNKNOWN", "performance.uncertain"),
    (True, True): ("DRIFT", "performance.worse"),
}


def promised_slices(metrics: Mapping[str, float]) -> dict[tuple[str, str], tuple[str, float]]:
    """By column and value: the metric that training logged of this slice of the holdout, and its value."""
    found = {match: value for name, value in metrics.items() if (match := _SLICE.fullmatch(name))}
    return {(match[1], match[2]): (match[3], value) for match, value in found.items()}


def find_performance(
    rows: Labelled,
    answered: int,
    window: Window,
    promised: Mapping[str, float],
    settings: MonitoringSettings,
    *,
    holdout_rows: int = 0,
) -> Iterator[Finding]:
    """Findings on the window's weeks, and on each slice of which training logged a metric; first that labels came.

    A metric is DRIFT when its whole interval is worse than the promise by more than the settings allow, and UNKNOWN
    when its value is and a part of its interval is not; that of a slice, which is always wide, then is not required.
    The promise was made on `holdout_rows`, 0 where nobody can say; how many of them are a slice's is not known.
    """
    labels = labels_came(rows, answered, settings)
    yield labels
    if labels.state != "OK":
        return
    if rows.invalid:
        text = (
            f"{many(rows.invalid, 'score is', 'scores are')} NaN or outside [0, 1]; metrics of them would mean nothing."
        )
        reason = Reason("score.invalid", text)
        yield Finding("log_loss", None, "UNKNOWN", reason, rows=rows.label.size, baseline="holdout")
        return
    weeks = weeks_of(window, settings.min_label_days)
    for first, last in weeks:
        here = rows.where((rows.day >= np.datetime64(first)) & (rows.day < np.datetime64(last)))
        part = None if len(weeks) == 1 else first.isoformat()
        for rule in RULES:
            found = _judge(rule, here, promised.get(f"holdout_{rule}"), part, settings)
            yield replace(found, baseline_rows=holdout_rows)
    categories = {column: np.unique(texts) for column, texts in rows.slices.items()}
    for (column, value), (rule_name, promise) in promised_slices(promised).items():
        name = f"slice/{column}/{value}/{rule_name}"
        of_it = [of_slice(column, text, rule_name) == name for text in categories[column].tolist()]
        here = rows.where(np.isin(rows.slices[column], categories[column][of_it]))
        yield _of_slice(here, f"{column}={value}", rule_name, promise, settings)


def _of_slice(rows: Labelled, part: str, name: str, promise: float, settings: MonitoringSettings) -> Finding:
    """The promise of a slice, judged; or, not required, why it is not."""
    rule = next((one for one in RULES if one == name), None)
    about = partial(
        Finding, feature=None, state="UNKNOWN", rows=rows.label.size, baseline="holdout", part=part, required=False
    )
    if rule is None:
        text = f"Training logged {name} of {part}, which is not measured here: {', '.join(RULES)} are."
        return about(rule=_UNMEASURED.get(name, "log_loss"), reason=Reason("promise.missing", text))
    if rows.label.size < settings.min_slice_rows:
        text = f"{rule} of {part} cannot be judged: {many(rows.label.size, 'row has', 'rows have')} labels, at least "
        text += f"{settings.min_slice_rows} of a slice are judged."
        return about(rule=rule, reason=Reason("labels.too_few", text))
    found = _judge(rule, rows, promise, part, settings)
    return replace(found, required=found.state != "UNKNOWN")


def weeks_of(window: Window, least: int) -> list[tuple[date, date]]:
    """The window's weeks, each from its first day to before its last.

    So few days as are not judged (fewer than `least`) are no week of their own: what is left over goes with the week
    before, and where a week is too short by itself, `least` days are one.
    """
    starts = list(window.days[:: max(WEEK, least)])
    end = window.days[-1] + timedelta(days=1)
    if len(starts) > 1 and (end - starts[-1]).days < least:
        starts.pop()
    return list(zip(starts, [*starts[1:], end], strict=True))


def _judge(
    rule: Rule, rows: Labelled, promise: float | None, part: str | None, settings: MonitoringSettings
) -> Finding:
    where = f" of {part_in_words(part)}" if part else ""
    least = settings.min_rows
    about = partial(Finding, rule, None, rows=rows.label.size, baseline="holdout", part=part)
    if promise is None:
        return about(state="UNKNOWN", reason=_cannot("promise.missing", rule, where, "training logged no such metric"))
    if rows.label.size < least:
        why = f"{many(rows.label.size, 'row has', 'rows have')} labels, at least {least} are judged"
        return about(state="UNKNOWN", reason=_cannot("labels.too_few", rule, where, why))
    if rows.days < settings.min_label_days:
        why = f"{many(rows.days, 'day has', 'days have')} labels"
        return about(state="UNKNOWN", reason=_cannot("labels.too_few_days", rule, where, why))
    found = estimate(rule, rows.label, rows.score, rows.day, settings.interval)
    if not np.isfinite([found.value, found.low, found.high]).all():
        reason = Reason(
            "labels.one_class", f"{rule}{where} is undefined on these {rows.label.size} rows, or without a day."
        )
        return about(state="UNKNOWN", reason=reason)
    slack = getattr(settings, f"worse_{rule}")
    is_higher_better = BETTER[rule] == "higher"
    threshold = promise - slack if is_higher_better else promise + slack
    beyond = found.value < threshold if is_higher_better else found.value > threshold
    wholly = found.high < threshold if is_higher_better else found.low > threshold
    state, code = _OUTCOMES[beyond, wholly]
    told = (
        f"{rule}{where} is {found.value:.4f} [{found.low:.4f}, {found.high:.4f}]; "
        f"{promise:.4f} was promised, {slack:g} worse is allowed."
    )
    return about(
        state=state,
        reason=Reason(code, told),
        value=found.value,
        threshold=threshold,
        low=found.low,
        high=found.high,
        promise=promise,
    )


def _cannot(code: str, rule: Rule, where: str, why: str) -> Reason:
    return Reason(code, f"{rule}{where} cannot be judged: {why}.")
