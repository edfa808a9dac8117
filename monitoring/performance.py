"""Performance once labels are known: the model's metrics by week and slice against what it promised on its holdout."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial

import numpy as np
import numpy.typing as npt

from artifacts.binning import quoted
from artifacts.findings import CalibrationBin, Finding, Reason, Rule, State
from artifacts.metric_names import BETTER
from monitoring.answers import Answers
from monitoring.estimates import Floats, calibration_bins, estimate
from monitoring.settings import MonitoringSettings
from monitoring.truth import JOINED
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


@dataclass(frozen=True)
class Labelled:
    """Rows of which the outcome is known; `slices` by column, as text."""

    day: npt.NDArray[np.datetime64]
    score: Floats
    label: Floats
    slices: Mapping[str, npt.NDArray[np.str_]]

    def where(self, chosen: npt.NDArray[np.bool_]) -> "Labelled":
        """Some of the rows."""
        slices = {name: values[chosen] for name, values in self.slices.items()}
        return Labelled(self.day[chosen], self.score[chosen], self.label[chosen], slices)


def promised_slices(metrics: Mapping[str, float]) -> dict[tuple[str, str], tuple[str, float]]:
    """By column and value: the metric that training logged of this slice of the holdout, and its value."""
    found = {match: value for name, value in metrics.items() if (match := _SLICE.fullmatch(name))}
    return {(match[1], match[2]): (match[3], value) for match, value in found.items()}


def read_labelled(answers: Answers, columns: tuple[str, ...]) -> Labelled:
    """The last answers of the view `joined`, in an order of their own."""
    wanted = ["day", "score", "label::double as label", *(quoted(f"slice:{name}") for name in columns)]
    sql = f"select {', '.join(wanted)} from {JOINED} where is_last and label is not null order by entity"  # noqa: S608
    table = answers.connection.cursor().sql(sql).to_arrow_table()
    slices = {name: np.array(table.column(3 + at).to_pylist(), dtype=str) for at, name in enumerate(columns)}
    day, score, label = (table.column(at).to_numpy() for at in range(3))
    return Labelled(day.astype("datetime64[D]"), score.astype(np.float64), label.astype(np.float64), slices)


def find_performance(
    rows: Labelled, answered: int, window: Window, promised: Mapping[str, float], settings: MonitoringSettings
) -> Iterator[Finding]:
    """Findings on the window's weeks, and on each slice of which training logged a metric; first that labels came.

    A metric is DRIFT when its whole interval is worse than the promise by more than the settings allow, and UNKNOWN
    when its value is and a part of its interval is not; that of a slice, which is always wide, then is not required.
    """
    labels = _labels_came(rows, answered, settings)
    yield labels
    if labels.state != "OK":
        return
    bad = _invalid(rows)
    if bad:
        reason = Reason("score.invalid", f"{bad} scores are NaN or outside [0, 1]; metrics of them would mean nothing.")
        yield Finding("log_loss", None, "UNKNOWN", reason, rows=rows.label.size, baseline="holdout")
        return
    for first, last in _weeks(window):
        here = rows.where((rows.day >= np.datetime64(first)) & (rows.day < np.datetime64(last)))
        part = None if len(_weeks(window)) == 1 else first.isoformat()
        for rule in RULES:
            yield _judge(rule, here, promised.get(f"holdout_{rule}"), part, settings)
    for (column, value), (rule_name, promise) in promised_slices(promised).items():
        texts = np.array([re.sub(r"[^\w. -]", "_", text) for text in rows.slices[column].tolist()], dtype=str)
        here = rows.where(texts == value)
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
        text = f"{rule} of {part} cannot be judged: {rows.label.size} rows have labels, at least "
        text += f"{settings.min_slice_rows} of a slice are judged."
        return about(rule=rule, reason=Reason("labels.too_few", text))
    found = _judge(rule, rows, promise, part, settings)
    return replace(found, required=found.state != "UNKNOWN")


def calibration(rows: Labelled) -> tuple[CalibrationBin, ...]:
    """Mean score and share of true labels, by up to 20 bins of equally many rows; none when a score is none."""
    if not rows.score.size or _invalid(rows):
        return ()
    bins = calibration_bins(rows.score)
    chosen = [bins == at for at in np.unique(bins)]
    return tuple(
        CalibrationBin(float(rows.score[of].mean()), float(rows.label[of].mean()), int(of.sum())) for of in chosen
    )


def _invalid(rows: Labelled) -> int:
    return int(np.count_nonzero(~((rows.score >= 0) & (rows.score <= 1))))


def _labels_came(rows: Labelled, answered: int, settings: MonitoringSettings) -> Finding:
    share = rows.label.size / answered if answered else 0.0
    told = f"The outcome of {rows.label.size} of {answered} entities that were answered is known"
    days = np.unique(rows.day).size
    code = None
    if not rows.label.size:
        code, told = "labels.none", f"{told}: no labels came."
    elif rows.label.size < settings.min_rows:
        code, told = "labels.too_few", f"{told}; at least {settings.min_rows} are judged."
    elif share < settings.min_label_share:
        code, told = (
            "labels.too_few",
            f"{told}, fewer than {settings.min_label_share:.0%}: the early ones are no sample.",
        )
    elif days < settings.min_label_days:
        code, told = (
            "labels.too_few_days",
            f"{told}, on {days} days; at least {settings.min_label_days} give an interval.",
        )
    elif np.unique(rows.label).size == 1:
        code, told = "labels.one_class", f"{told}, and all are the same; a ranking cannot be measured."
    if code:
        return Finding("labels", None, "UNKNOWN", Reason(code, told), rows=answered, baseline="truth")
    return Finding(
        "labels",
        None,
        "OK",
        Reason("labels.came", told + "."),
        rows=answered,
        baseline_rows=rows.label.size,
        value=share,
        threshold=settings.min_label_share,
        baseline="truth",
    )


def _weeks(window: Window) -> list[tuple[date, date]]:
    starts = window.days[::WEEK]
    return [(first, min(first + timedelta(days=WEEK), window.days[-1] + timedelta(days=1))) for first in starts]


def _judge(
    rule: Rule, rows: Labelled, promise: float | None, part: str | None, settings: MonitoringSettings
) -> Finding:
    where = f" of {part}" if part else ""
    days = np.unique(rows.day).size
    least = settings.min_rows
    about = partial(Finding, rule, None, rows=rows.label.size, baseline="holdout", part=part)
    if promise is None:
        return about(state="UNKNOWN", reason=_cannot("promise.missing", rule, where, "training logged no such metric"))
    if rows.label.size < least:
        why = f"{rows.label.size} rows have labels, at least {least} are judged"
        return about(state="UNKNOWN", reason=_cannot("labels.too_few", rule, where, why))
    if days < settings.min_label_days:
        return about(state="UNKNOWN", reason=_cannot("labels.too_few_days", rule, where, f"{days} days have labels"))
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
