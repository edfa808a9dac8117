"""Checks a window of one model version: drift against both baselines, then skew and performance against the truth."""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import date, datetime

from artifacts import cli
from artifacts.baseline import Baseline
from artifacts.counting import Counted
from artifacts.errors import Damaged
from artifacts.findings import SCORE, BaselineKind, CalibrationBin, Distribution, Finding, Findings, Reason
from artifacts.places import Places
from artifacts.plural import many
from artifacts.prediction_log import Log
from artifacts.registry import Registry
from artifacts.training_set import TrainingSet
from monitoring.answers import open_answers
from monitoring.case import Case, unknown
from monitoring.constant import find_constant
from monitoring.described import read_described
from monitoring.drift import Described, find_drift
from monitoring.judgeable import find_whole
from monitoring.labelled import calibration, read_labelled
from monitoring.left_out import LeftOut
from monitoring.not_over import saying_not_over
from monitoring.performance import find_performance, promised_slices
from monitoring.served import read_served
from monitoring.settings import MonitoringSettings
from monitoring.skew import find_skew
from monitoring.truth import in_another_type, join_truth
from monitoring.truth_set import naming
from monitoring.window import Window

NOTHING = LeftOut()
MIXED = "Mend what its caller sends; the next window without such a row is judged."
# As training logs it, among the params of its windows.
HOLDOUT_ROWS = "holdout_rows"


@dataclass
class _Found:
    rows: int = 0
    entities: int = 0
    other_versions: Mapping[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    distributions: list[Distribution] = field(default_factory=list)
    calibration: tuple[CalibrationBin, ...] = ()
    left_out: Mapping[str, tuple[date, ...]] = field(default_factory=dict)


def check(
    places: Places,
    model: str,
    version: int,
    window: Window,
    settings: MonitoringSettings,
    *,
    created_at: datetime,
    truth: TrainingSet | None = None,
    left_out: LeftOut = NOTHING,
) -> Findings:
    """What is found about `version` in `window`; rows belong to the moment that they are about (`observed_at`).

    `left_out` are days that are no part of the trailing served window. A damaged log, or too few rows, is a finding
    that is UNKNOWN, not an error. Raises `Missing` for an unknown version, `BadInput` (`monitoring.no_entity`), and as
    `Published.reading` when `truth` goes or changes meanwhile.
    """
    described = read_described(Registry.at(places), model, version)
    back = settings.served_reach(len(window.days)) if left_out else settings.served_days
    reach = Window(window.before(back).start, window.end)
    log = Log(places.predictions, places.prediction_parts, model)
    with truth.published.reading() if truth else nullcontext():
        try:
            with open_answers(log, described, reach) as answers:
                found = _judge(Case(answers, described, window, settings), truth, left_out)
        except Damaged as refusal:
            if truth is not None:
                # What is said of the log is not what is wrong with the training set.
                truth.published.verify()
            why = Reason.with_step(refusal.code, refusal.message, refusal.next_step)
            found = _Found(findings=[unknown("log", why)])
        else:
            found.findings = list(saying_not_over(window, created_at, found.findings))
            if truth is not None:
                found.findings = list(naming(places, described.run.training_set, truth, found.findings))
    return Findings(
        model=model,
        version=version,
        training_set=described.run.training_set,
        start=window.start,
        end=window.end,
        rows=found.rows,
        created_at=created_at,
        findings=tuple(found.findings),
        distributions=tuple(found.distributions),
        calibration=found.calibration,
        truth=truth.id if truth else None,
        other_versions=found.other_versions,
        left_out=found.left_out,
    )


def _judge(case: Case, truth: TrainingSet | None, left_out: LeftOut) -> _Found:
    versions = case.by_version()
    found = _Found(versions.pop(case.version, 0), other_versions={str(other): rows for other, rows in versions.items()})
    found.entities = case.entities(case.sql)
    found.findings += find_whole(case, found.rows, found.entities)
    if case.settings.min_rows <= found.entities and isinstance(case.described.baseline, Baseline):
        _hold_against_baselines(case, case.described.baseline, left_out, found)
    if found.rows and truth is not None:
        _hold_against_truth(case, truth, found)
    return found


def _hold_against_baselines(case: Case, baseline: Baseline, left_out: LeftOut, found: _Found) -> None:
    known: Described = {**baseline.features, SCORE: baseline.score}
    mixed = case.answers.mixed_in(case.sql)
    found.findings += [
        unknown("schema", Reason.with_step("schema.mixed", f"{name} is {why}.", MIXED), found.rows, name)
        for name, why in mixed.items()
    ]
    names = [name for name in known if name not in mixed]
    current = case.count(case.sql, {name: known[name][0] for name in names})
    cli.say(f"counted {len(current)} columns of {found.rows} rows")
    _add_drift(case, "training", known, current, found)
    served = read_served(case, known, names, left_out, found.rows)
    found.findings += served.findings
    found.left_out = served.left_out
    _add_drift(case, "served", served.described, {name: current[name] for name in served.described}, found)
    found.findings += find_constant(case, known, current, found.findings)


def _add_drift(
    case: Case, kind: BaselineKind, baseline: Described, current: Mapping[str, Counted], found: _Found
) -> None:
    least = case.settings.min_baseline_days
    short = {name: len(baseline[name][1].days) for name in current if len(baseline[name][1].days) < least}
    for name, days in short.items():
        told = f"The {kind} baseline of {name} has {many(days, 'day')}; {least} are wanted."
        reason = Reason("baseline.too_few_days", told)
        found.findings.append(unknown("baseline", reason, found.rows, name))
    judged = {name: counted for name, counted in current.items() if name not in short}
    if judged:
        drift = find_drift(kind, baseline, judged, case.settings, found.entities)
        found.findings += drift.findings
        found.distributions += drift.distributions


def _hold_against_truth(case: Case, truth: TrainingSet, found: _Found) -> None:
    metrics, promised_on = case.described.run.metrics, case.described.run.params.get(f"window.{HOLDOUT_ROWS}", "")
    slices = tuple(sorted({column for column, _ in promised_slices(metrics)}))
    names, other = list(case.described.features), in_another_type(truth, case.described.features)
    answered = join_truth(case.answers, case.sql, truth, [name for name in names if name not in other], slices)
    mixed = {**other, **case.answers.mixed_in(case.sql)}
    told = list(find_skew(case.answers, names, mixed, found.rows, case.settings))
    labelled = read_labelled(case.answers, slices)
    rows = int(promised_on) if promised_on.isdecimal() else 0
    told += find_performance(labelled, answered, case.window, metrics, case.settings, holdout_rows=rows)
    found.findings += told
    found.calibration = calibration(labelled)
