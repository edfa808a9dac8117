"""Rows of which the outcome is known: read from what was logged and joined, and whether they are enough to measure."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from artifacts.binning import quoted
from artifacts.findings import CalibrationBin, Finding, Reason
from artifacts.plural import many
from monitoring.answers import Answers
from monitoring.estimates import Floats, calibration_bins
from monitoring.settings import MonitoringSettings
from monitoring.truth import JOINED


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

    @property
    def days(self) -> int:
        """How many days have a row."""
        return int(np.unique(self.day).size)

    @property
    def invalid(self) -> int:
        """How many scores are no probability."""
        return int(np.count_nonzero(~((self.score >= 0) & (self.score <= 1))))


def read_labelled(answers: Answers, columns: tuple[str, ...]) -> Labelled:
    """The last answers of the view `joined`, in an order of their own."""
    wanted = ["day", "score", "label::double as label", *(quoted(f"slice:{name}") for name in columns)]
    sql = f"select {', '.join(wanted)} from {JOINED} where is_last and label is not null order by entity"  # noqa: S608
    table = answers.connection.cursor().sql(sql).to_arrow_table()
    slices = {name: np.array(table.column(3 + at).to_pylist(), dtype=str) for at, name in enumerate(columns)}
    day, score, label = (table.column(at).to_numpy() for at in range(3))
    return Labelled(day.astype("datetime64[D]"), score.astype(np.float64), label.astype(np.float64), slices)


def labels_came(rows: Labelled, answered: int, settings: MonitoringSettings) -> Finding:
    """OK, or why the rows are no sample of the `answered` entities from which a metric could be measured."""
    share = rows.label.size / answered if answered else 0.0
    told = f"The outcome of {rows.label.size} of {answered} entities that were answered is known"
    code = None
    if not rows.label.size:
        code, told = "labels.none", f"{told}: no labels came."
    elif rows.label.size < settings.min_rows:
        code, told = "labels.too_few", f"{told}; at least {settings.min_rows} are judged."
    elif share < settings.min_label_share:
        least = f"{settings.min_label_share:.0%}"
        code, told = "labels.too_few", f"{told}, fewer than {least}: the early ones are no sample."
    elif rows.days < settings.min_label_days:
        least = f"at least {settings.min_label_days} give an interval"
        code, told = "labels.too_few_days", f"{told}, on {many(rows.days, 'day')}; {least}."
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


def calibration(rows: Labelled) -> tuple[CalibrationBin, ...]:
    """Mean score and share of true labels, by up to 20 bins of equally many rows; none when a score is none."""
    if not rows.score.size or rows.invalid:
        return ()
    bins = calibration_bins(rows.score)
    chosen = [bins == at for at in np.unique(bins)]
    return tuple(
        CalibrationBin(float(rows.score[of].mean()), float(rows.label[of].mean()), int(of.sum())) for of in chosen
    )
