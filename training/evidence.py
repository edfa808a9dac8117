"""Scores candidate, champion and naive model on the same holdout rows, and compares them replicate by replicate."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from artifacts.errors import BadInput, CannotJudge
from artifacts.registry import Registry, RunRecord
from artifacts.training_set import TrainingSet
from artifacts.verdict import CalibrationBin, Comparison, Contestant, Estimate, Evidence, Holdout, Part, ThinSlice
from training.bootstrap import Resampling, Sampled, resample, sampled_metrics
from training.config import Judge
from training.fit import Scorer, load_candidate, score
from training.metrics import METRICS, Floats, calibration_bins
from training.naive import load_naive, score_naive
from training.rules import FEWEST_BLOCKS
from training.windows import Windows, windows_of

MISSING = "(missing)"


@dataclass(frozen=True)
class Rows:
    """The holdout rows in set order: label 0 or 1, day of `observed_at`, text of each slice column, scores by model."""

    label: Floats
    day: npt.NDArray[np.int64]
    slices: Mapping[str, npt.NDArray[np.str_]]
    scores: Mapping[str, Floats]


def gather(
    registry: Registry, training_set: TrainingSet, candidate: RunRecord, champion: RunRecord | None, rules: Judge
) -> Evidence:
    """The evidence on `candidate` against `champion` (None: there is none yet) and the candidate's naive model.

    Rows are those of the candidate's set in the candidate's holdout window. Raises `CannotJudge`:
    `judge.column_changed` when the set lacks what either was fitted on, `judge.score_invalid` for a NaN,
    `judge.no_rows`.
    """
    windows = windows_of(candidate)
    start, end = windows.holdout_start, windows.holdout_end
    scores: dict[str, Floats] = {}
    for who, run in (("candidate", candidate), ("champion", champion)):
        if run is not None:
            scores[who] = check_scores(who, score_holdout(load_candidate(registry, run.run_id), training_set, windows))
    naive = load_naive(registry, candidate.run_id)
    scores["naive"] = check_scores("naive", score_naive(naive, training_set, start, end))
    rows = _read(training_set, windows, rules.slices.columns if rules.slices else (), scores)
    resampling = resample(rows.day, rules.bootstrap.replicates, rules.bootstrap.seed)
    metrics = {who: sampled_metrics(rows.label, scores[who], resampling, list(METRICS)) for who in scores}
    slices = list(compare_slices(rows, resampling, rules)) if champion else []
    return Evidence(
        model=candidate.model,
        training_set=training_set.id,
        candidate=_contestant(candidate),
        champion=_contestant(champion) if champion else None,
        holdout=Holdout(start, end, rows.label.size, int(rows.label.sum()), resampling.blocks),
        metrics={who: {name: _estimate(one, rules) for name, one in of.items()} for who, of in metrics.items()},
        comparisons=(
            *_whole(metrics, rows.label.size, rules),
            *(one for one in slices if isinstance(one, Comparison)),
        ),
        thin_slices=tuple(one for one in slices if isinstance(one, ThinSlice)),
        calibration={who: _curve(rows.label, scores[who]) for who in scores if who != "naive"},
    )


def score_holdout(scorer: Scorer, training_set: TrainingSet, windows: Windows) -> Floats:
    """The model's scores; a set without what it was fitted on cannot judge it."""
    try:
        return score(scorer, training_set, windows.holdout_start, windows.holdout_end)
    except BadInput as refusal:
        raise CannotJudge(
            "judge.column_changed",
            f"Version {scorer.run.version} cannot be scored on {training_set.id}. {refusal.message}",
            next_step=refusal.next_step,
        ) from refusal


def check_scores(who: str, scores: Floats) -> Floats:
    """The scores as they are, if each is a probability; a NaN would sort somewhere and count as a good score."""
    bad = int(np.count_nonzero(~((scores >= 0) & (scores <= 1))))
    if bad:
        raise CannotJudge(
            "judge.score_invalid",
            f"{bad} of {scores.size} scores of the {who} are NaN or outside [0, 1]; probabilities are wanted.",
            next_step="Train again; nothing was judged.",
        )
    return scores


def _read(training_set: TrainingSet, windows: Windows, columns: Collection[str], scores: Mapping[str, Floats]) -> Rows:
    contract = training_set.contract
    labels, days = [np.empty(0)], [np.empty(0, np.int64)]
    values: dict[str, list[object]] = {name: [] for name in columns}
    wanted = [contract.label, contract.observed_at, *columns]
    for batch in training_set.batches(wanted, windows.holdout_start, windows.holdout_end):
        labels.append(batch.column(0).to_numpy(zero_copy_only=False).astype(np.float64))
        days.append(batch.column(1).to_numpy(zero_copy_only=False).astype("datetime64[D]").astype(np.int64))
        for position, name in enumerate(columns, start=2):
            values[name].extend(batch.column(position).to_pylist())
    if len(labels) == 1:
        raise CannotJudge(
            "judge.no_rows",
            f"Training set {training_set.id} has no rows from {windows.holdout_start} to {windows.holdout_end}.",
            next_step="Build the set as of a later moment, and train again.",
        )
    texts = {name: np.array([MISSING if v is None else str(v) for v in of], dtype=str) for name, of in values.items()}
    return Rows(np.concatenate(labels), np.concatenate(days), texts, scores)


def _whole(metrics: Mapping[str, Mapping[str, Sampled]], rows: int, rules: Judge) -> Iterator[Comparison]:
    candidate = metrics["candidate"]
    compared: list[tuple[Part, str, str]] = [("naive", "naive", rules.primary)]
    if "champion" in metrics:
        compared += [("primary", "champion", rules.primary), *(("guard", "champion", name) for name in rules.guards)]
    for part, rival, name in compared:
        yield _compare((part, name, None, None), rows, candidate[name], metrics[rival][name], rules)


def compare_slices(rows: Rows, resampling: Resampling, rules: Judge) -> Iterator[Comparison | ThinSlice]:
    """Candidate against champion in every category of every slice column.

    A category is thin, and not compared, when it has fewer rows than the rules want, or rows on fewer than ten days.
    """
    if rules.slices is None:
        return
    metric = rules.slices.metric
    for column, texts in rows.slices.items():
        for category in sorted(set(texts.tolist())):
            inside = texts == category
            count = int(inside.sum())
            if count < rules.slices.min_rows or np.unique(rows.day[inside]).size < FEWEST_BLOCKS:
                yield ThinSlice(column, category, count)
                continue
            of, label = resampling.of(inside), rows.label[inside]
            mine, theirs = (
                sampled_metrics(label, rows.scores[who][inside], of, [metric])[metric]
                for who in ("candidate", "champion")
            )
            yield _compare(("slice", metric, column, category), count, mine, theirs, rules)


def _compare(
    where: tuple[Part, str, str | None, str | None], rows: int, candidate: Sampled, rival: Sampled, rules: Judge
) -> Comparison:
    part, metric, column, category = where
    gain = rival.minus(candidate) if METRICS[metric].better == "lower" else candidate.minus(rival)
    return Comparison(
        part=part,
        metric=metric,
        rows=rows,
        candidate=_defined(candidate.value),
        rival=_defined(rival.value),
        gain=_estimate(gain, rules),
        column=column,
        category=category,
    )


def _estimate(sampled: Sampled, rules: Judge) -> Estimate:
    low, high = sampled.interval(rules.bootstrap.interval)
    return Estimate(_defined(sampled.value), _defined(low), _defined(high))


def _defined(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _contestant(run: RunRecord) -> Contestant:
    windows = windows_of(run)
    learned_before = max(windows.fit_end, windows.holdout_start)
    return Contestant(run.version, run.run_id, run.training_set, run.model_sha256, learned_before)


def _curve(label: Floats, score: Floats) -> tuple[CalibrationBin, ...]:
    bins = calibration_bins(score) if score.size else np.empty(0, np.intp)
    return tuple(
        CalibrationBin(float(score[of].mean()), float(label[of].mean()), int(of.sum()))
        for of in (bins == number for number in np.unique(bins))
    )
