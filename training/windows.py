"""Which rows fit, which stop the fitting and which judge: split by time, with a gap as long as a label matures."""

from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, cast

import numpy as np

from artifacts.errors import CannotJudge, Damaged
from artifacts.registry import RunRecord
from artifacts.training_set import TrainingSet
from training.config import Config


@dataclass(frozen=True)
class Windows:
    """Moments in naive UTC, each window from its start to before its end; rows and true labels are counted.

    Trees grow on [fit_start, stop_start) and stop growing by [stop_start, fit_end): together the fit rows. Their labels
    were known before `holdout_start`. [holdout_start, holdout_end) is never looked at while fitting.
    """

    fit_start: datetime
    stop_start: datetime
    fit_end: datetime
    holdout_start: datetime
    holdout_end: datetime
    fit_rows: int
    stop_rows: int
    holdout_rows: int

    def to_params(self) -> dict[str, str]:
        """`window.NAME` to ISO time or number, as they are logged."""
        return {
            f"window.{name}": value.isoformat(sep=" ") if isinstance(value, datetime) else str(value)
            for name, value in asdict(self).items()
        }


def windows_of(run: RunRecord) -> Windows:
    """The windows that an MLflow run was fitted and measured on; raises `Damaged` (`windows.damaged`)."""
    given = {name.removeprefix("window."): text for name, text in run.params.items() if name.startswith("window.")}
    try:
        typed = {name: int(v) if name.endswith("_rows") else datetime.fromisoformat(v) for name, v in given.items()}
        return Windows(**cast(dict[str, Any], typed))
    except (ValueError, TypeError) as error:
        raise Damaged(
            "windows.damaged",
            f"The window params of MLflow run {run.run_id} are not those that training logs: {error}.",
            next_step="Restore the MLflow database from its backup, or train again.",
        ) from error


def split(training_set: TrainingSet, config: Config) -> Windows:
    """Place the windows: the holdout is the last `holdout_days` before `as_of`, fit rows end `gap_days` earlier.

    Whole days stop the fitting, as few of the latest as hold `early_stopping_share` of the fit rows, since the rows of
    one day are not independent. Raises `CannotJudge`: `windows.too_few_rows`, `windows.one_class`.
    """
    holdout_end = training_set.as_of
    holdout_start = holdout_end - timedelta(days=config.holdout_days)
    fit_end = holdout_start - timedelta(days=training_set.contract.gap_days)
    days = _count_days(training_set, None, fit_end, holdout_start)
    holdout = _count_days(training_set, holdout_start, holdout_end, None)
    stop_start = _stop_start(days, config.early_stopping_share, fit_end)
    fit = [count for day, count in days.items() if datetime.combine(day, time()) < stop_start]
    stop = [count for day, count in days.items() if datetime.combine(day, time()) >= stop_start]
    counted = [
        ("rows to grow trees on", fit, 2),
        ("rows to stop growing by", stop, 2 if config.early_stopping_share else 0),
        ("holdout rows", list(holdout.values()), config.judge.min_rows),
    ]
    for what, counts, wanted in counted:
        _check(training_set, what, counts, wanted)
    return Windows(
        fit_start=datetime.combine(min(days), time()),
        stop_start=stop_start,
        fit_end=fit_end,
        holdout_start=holdout_start,
        holdout_end=holdout_end,
        fit_rows=sum(rows for rows, _ in fit),
        stop_rows=sum(rows for rows, _ in stop),
        holdout_rows=sum(rows for rows, _ in holdout.values()),
    )


def _count_days(
    training_set: TrainingSet, start: datetime | None, end: datetime, known_before: datetime | None
) -> dict[date, tuple[int, int]]:
    """Rows and true labels per day of `observed_at`, one stream over three columns."""
    contract = training_set.contract
    counts: dict[date, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for batch in training_set.batches([contract.observed_at, contract.label, contract.label_known_at], start, end):
        observed, label, known = (column.to_numpy(zero_copy_only=False) for column in batch.columns)
        used = np.ones(len(label), bool) if known_before is None else known < np.datetime64(known_before, "us")
        for day in np.unique(days := observed[used].astype("datetime64[D]")):
            of_day = label[used][days == day]
            rows, positive = counts[day.item()]
            counts[day.item()] = (rows + len(of_day), positive + int(of_day.sum()))
    return dict(sorted(counts.items()))


def _stop_start(days: dict[date, tuple[int, int]], share: float, fit_end: datetime) -> datetime:
    wanted, found = share * sum(rows for rows, _ in days.values()), 0
    start = fit_end
    for day in sorted(days, reverse=True):
        if found >= wanted:
            break
        found, start = found + days[day][0], datetime.combine(day, time())
    return start


def _check(training_set: TrainingSet, what: str, counts: list[tuple[int, int]], wanted: int) -> None:
    rows, positive = sum(count[0] for count in counts), sum(count[1] for count in counts)
    if rows < wanted:
        raise CannotJudge(
            "windows.too_few_rows",
            f"Training set {training_set.id} has {rows} {what}; at least {wanted} are wanted.",
            next_step="Build the set as of a later moment, or change holdout_days or judge.min_rows.",
        )
    if wanted and not 0 < positive < rows:
        raise CannotJudge(
            "windows.one_class",
            f"Of {rows} {what} of training set {training_set.id}, {positive} are true; both classes are wanted.",
            next_step="Build the set over a longer window, or look at the label's SQL.",
        )
