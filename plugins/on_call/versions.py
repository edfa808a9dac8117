"""The page of a model version: its MLflow run, its verdicts with all comparisons, its promotions; and of a run."""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from artifacts.metric_names import BETTER, words
from artifacts.plural import many
from artifacts.run_record import RunRecord
from artifacts.window_words import window_words
from plugins.on_call.became import Fate, came_of, decided, judging
from plugins.on_call.chart import Interval, digits, intervals
from plugins.on_call.frame import address_of, link, page
from plugins.on_call.guard import reads
from plugins.on_call.home import Found, Home
from plugins.on_call.markup import Child, Html, command, el, facts, folded, join, outside, scrolled, table
from plugins.on_call.names import Model, ModelVersion, RunId
from plugins.on_call.section import Part, all_of, there
from plugins.on_call.which_versions import version_there
from plugins.on_call.words import became, estimate, moment

router = APIRouter(dependencies=reads("train_candidate"))


@router.get("/models/{model}/versions/{version}")
def one_version(request: Request, model: Model, version: ModelVersion) -> Response:
    """All about a version of a model."""
    home = Home.of(request)
    there(f"version {version} of {model}", lambda: version_there(home, model, version), home.patience)
    parts = (
        Part("What it is", "record", lambda: _record(request, home, home.record(model, version))),
        Part("When it was champion", "ledger", lambda: _lines(home, model, version)),
        Part("Verdicts", "verdicts", lambda: _verdicts(home, home.record(model, version)), wide=True),
    )
    grid = el("div", all_of(*parts, patience=home.patience), class_="grid")
    return page(request, f"{model} version {version}", grid, trail=(("Models", "models"), (model, f"models/{model}")))


@router.get("/mlflow-runs/{run_id}")
def run(request: Request, run_id: RunId) -> Response:
    """The version that an MLflow run made, or what is known of a run without one."""
    home = Home.of(request)
    record = there(f"run {run_id}", lambda: home.registry.run(run_id), home.patience)
    if record is not None and record.version is not None:
        return RedirectResponse(address_of(request, "models", record.model, "versions", str(record.version)), 303)
    shown = Part("What it is", "record", lambda: _record(request, home, home.registry.run(run_id)))
    return page(request, f"MLflow run {run_id}", all_of(shown, patience=home.patience), trail=(("Models", "models"),))


def _record(request: Request, home: Home, record: RunRecord) -> Html:
    base = (home.settings.mlflow_url or "").rstrip("/")
    found = outside(f"{base}/#/runs/{record.run_id}" if base else None, el("code", record.run_id))
    pairs: list[tuple[Child, Child]] = [
        ("MLflow run", join(found, f" {record.status}", "" if base else " (ON_CALL_MLFLOW_URL is not set)")),
        ("training set", link(request, record.training_set, "training-sets", *record.training_set.split("/"))),
        ("model's sha256", el("code", record.model_sha256)),
    ]
    pairs += [(_called(name), digits(value)) for name, value in sorted(record.metrics.items()) if "/" not in name]
    rows: list[list[Child]] = [[el("code", key), value] for key, value in sorted(record.params.items())]
    tags: list[list[Child]] = [[el("code", key), value] for key, value in sorted(record.tags.items()) if key != "files"]
    return join(
        facts(pairs),
        folded(f"{len(rows)} parameters", table(("parameter", "value"), rows)),
        folded(f"{len(tags)} tags", table(("tag", "value"), tags)),
        el("h3", "The same model again"),
        command(f"python -m training reproduce --run {record.run_id}"),
    )


def _called(name: str) -> str:
    """`holdout_roc_auc` as a metric of the holdout rows."""
    rows, _, metric = name.partition("_")
    return f"{rows} {words(metric)}" if metric in BETTER else words(name)


def _lines(home: Home, model: str, version: int) -> Html:
    lines = home.lines(model)
    rows: list[list[Child]] = []
    for at, one in enumerate(lines):
        if one.version == version:
            until = moment(lines[at + 1].decided_at) if at + 1 < len(lines) else el("b", "is champion")
            rows.append([one.kind, moment(one.decided_at), until, one.decided_by, one.reason])
    if not rows:
        return el("p", "It never was.")
    return table(("how", "from (UTC)", "until", "by", "why"), rows)


def _verdicts(home: Home, record: RunRecord) -> Html:
    found = home.verdicts(record.run_id)
    if not found:
        return join(el("p", "It was never judged."), command(judging(record.run_id)))
    known = decided(home, record.model)
    return join(*(_verdict(one, came_of(home, known, record, one, found[0])) for one in found))


def _verdict(found: Found, came: Fate) -> Html:
    verdict, evidence = found.verdict, found.verdict.evidence
    rival = f"version {evidence.champion.version}" if evidence.champion else "no champion"
    against = join(
        became(came.became),
        f" \N{MIDDLE DOT} the judge said {verdict.outcome.replace('_', ' ')} against {rival}, ",
        moment(verdict.decided_at),
        f" UTC by {verdict.decided_by}",
    )
    whole = [one for one in evidence.comparisons if one.part != "slice"]
    rows = [
        Interval(
            label=f"{words(one.metric)} ({one.part})",
            value=one.gain.value,
            low=one.gain.low,
            high=one.gain.high,
            shape="disc" if one.gain.low is not None and one.gain.low > 0 else "ring",
            note=f"{digits(one.candidate)} against {digits(one.rival)}",
        )
        for one in whole
    ]
    slices: list[list[Child]] = [
        [f"{one.column} = {one.category}", words(one.metric), f"{one.rows:,}", estimate(one.gain)]
        for one in evidence.comparisons
        if one.part == "slice"
    ]
    own, held = evidence.metrics["candidate"], evidence.holdout
    table_rows: list[list[Child]] = [
        [words(name), *(estimate(evidence.metrics[who].get(name)) for who in evidence.metrics)] for name in own
    ]
    days = f"{held.rows:,} holdout rows on {many(held.blocks, 'day')}, {window_words(held.start, held.end)}."
    legend = (
        f" [low, high] and bars: {verdict.level} intervals. Gain: right of the dashed line the candidate is better, ● "
        "with the whole interval."
    )
    picture = intervals("Gain of the candidate by metric", rows, limit=0.0)
    thin = f"; {len(evidence.thin_slices)} have too few rows to judge" if evidence.thin_slices else ""
    by_slice = table(("slice", "metric", "rows", "gain"), slices, numbers=(2,))
    return join(
        el("h3", against),
        el("p", came.said) if came.said else None,
        el("ul", *(el("li", one.text, " ", el("code", one.code)) for one in verdict.reasons)),
        el("p", days, legend, class_="quiet"),
        scrolled("gain by metric", picture),
        table(("metric", *evidence.metrics), table_rows),
        folded(f"{len(slices)} slices{thin}", by_slice) if slices else None,
        el("p", "In the files of the MLflow run: ", el("code", found.path), class_="quiet"),
    )
