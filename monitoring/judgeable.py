"""Whether a window can be judged at all: nothing came, too little, a gap, ids twice, another model, no baseline."""

from collections.abc import Iterator, Sequence
from datetime import date
from statistics import median

from artifacts.baseline import Baseline
from artifacts.binning import quoted
from artifacts.findings import SCORE, Finding, Reason
from artifacts.plural import many, plural
from artifacts.prediction_log.published_list import LIST
from artifacts.window_words import window_words
from monitoring.answers import SEGMENT
from monitoring.case import Case, unknown
from monitoring.window import Window

# A model that was asked on this share of the baseline's days is asked daily; then a day without a row is a gap.
DAILY = 0.95
# So is one with less than this share of the median day. A weekend may well have a twentieth of a working day.
FEW = 0.02
SHOWN = 7
SEGMENTS = 3
DIGITS = 12


def find_whole(case: Case, rows: int, entities: int) -> Iterator[Finding]:
    """UNKNOWN findings, one for each reason why the window's `rows` rows cannot be judged, or not all of them.

    As many rows as there are `entities` count; an entity that was asked about again tells nothing new.
    """
    if not rows:
        yield unknown("predictions", _none(case))
        return
    yield from _log(case, rows)
    if entities < case.settings.min_rows:
        about = f"{many(rows, 'row')} about {many(entities, 'entity', 'entities')}"
        text = f"Answered by {case.who}: {about}; "
        text += f"at least {case.settings.min_rows} entities are judged."
        mend = f"See that {case.who} is asked as usual; if it is, check a longer window: --window, or "
        mend += "MONITORING_WINDOW_DAYS of watch_drift."
        yield unknown("predictions", Reason.with_step("predictions.too_few", text, mend), rows)
    if isinstance(case.described.baseline, Baseline):
        yield from _gap(case, case.described.baseline, rows)
    else:
        yield unknown("baseline", case.described.baseline, rows)


def _none(case: Case) -> Reason:
    """What is known of why nothing came: that others answered, as before a promotion, or nothing."""
    text = f"No prediction of {case.who} about {window_words(case.window.start, case.window.end)} is in the log"
    others = _others(case)
    if others:
        return Reason.with_step("predictions.none", f"{text}; others answered: {others}.", _served_instead(case))
    mend = (
        f"Look whether {case.who} is served, whether it is asked, and whether it logs to PIPELINE_PREDICTIONS as it is "
        "set here."
    )
    return Reason.with_step("predictions.none", f"{text}.", mend)


def _others(case: Case, days: Sequence[date] | None = None) -> str:
    answered = case.by_version(days).items()
    return ", ".join(f"{many(rows, 'row')} by version {other}" for other, rows in answered if other != case.version)


def _served_instead(case: Case) -> str:
    return f"If version {case.version} was promoted since, wait for windows of its own; else look which one is served."


def _log(case: Case, rows: int) -> Iterator[Finding]:
    ids, shas, odd = case.answers.connection.execute(
        "select count(distinct prediction_id), list_sort(list(distinct coalesce(model_sha256, 'none'))), "  # noqa: S608
        f"count(*) filter (not coalesce(score between 0 and 1, false)) from {case.sql}"
    ).fetchone() or (0, [], 0)
    if ids != rows:
        repeat = plural(rows - ids, "repeats", "repeat")
        text = f"{rows - ids} of {rows} rows {repeat} an id, in {_segments_of_repeats(case)}."
        mend = "Move the segment or part that was copied out of the log; a part's name begins with its first segment's."
        mend += f" Of a part also take its line out of {LIST} of the log, or it counts as gone."
        yield unknown("log", Reason.with_step("log.duplicate_ids", text, mend), rows)
    wanted, model = case.described.run.model_sha256, case.described.run.model
    if shas != [wanted]:
        got = " and ".join(one[:DIGITS] for one in shas[:SHOWN])
        text = f"Rows of {case.who} were answered by model files with sha256 {got}; {wanted[:DIGITS]} is registered."
        mend = f"Ask each instance which one it serves (GET /v1/models/{model}), and end the one that serves another; "
        mend += "do not trust what it answered."
        yield unknown("schema", Reason.with_step("schema.other_model", text, mend), rows)
    if odd:
        text = f"{odd} of {rows} scores {plural(odd, 'is', 'are')} NaN or outside [0, 1]: no probabilities."
        yield unknown("schema", Reason("score.invalid", text), rows, SCORE)


def _segments_of_repeats(case: Case) -> str:
    """The segments that rows with an id of another row came from, the first three by name."""
    name = quoted(SEGMENT)
    found = case.answers.connection.execute(
        f"select distinct {name} from (select {name}, count(*) over (partition by prediction_id) as times "  # noqa: S608
        f"from {case.sql}) where times > 1 order by {name}"
    ).fetchall()
    shown = ", ".join(str(one) for (one,) in found[:SEGMENTS])
    more = f" and {len(found) - SEGMENTS} more" if len(found) > SEGMENTS else ""
    return f"the {plural(len(found), 'segment')} {shown}{more}"


def _gap(case: Case, before: Baseline, rows: int) -> Iterator[Finding]:
    asked = max((len(counted.days) for _, counted in before.features.values()), default=0)
    if asked < DAILY * len(Window(before.start, before.end).days):
        return
    counted = f"select day, count(*) from {case.sql} group by day"  # noqa: S608
    rows_of: dict[date, int] = dict(case.answers.connection.execute(counted).fetchall())
    gap = [day for day in case.window.days if day not in rows_of]
    told, others = [], _others(case, gap) if gap else ""
    if gap:
        named = _shown([f"{day}" for day in gap])
        told.append(f"{many(len(gap), 'day')} without a prediction of {case.who}: {named}.")
        told += [f"Others answered then: {others}."] if others else []
    typical = median([rows_of.get(day, 0) for day in case.window.whole_days] or [0])
    few = [day for day in case.window.whole_days if 0 < rows_of.get(day, 0) < FEW * typical]
    if few:
        named = _shown([f"{day} ({rows_of[day]})" for day in few])
        told.append(
            f"Less than a fiftieth of the {typical:,.0f} rows of {case.who} that the window's median day has: {named}."
        )
    if told:
        mend = "Look whether the service stood still then, or the log lacks parts, and check the window again."
        mend = f"{_served_instead(case)} {mend}" if others else mend
        yield unknown("predictions", Reason.with_step("predictions.gap", " ".join(told), mend), rows)


def _shown(days: Sequence[str]) -> str:
    return ", ".join(days[:SHOWN]) + (f" and {len(days) - SHOWN} more" if len(days) > SHOWN else "")
