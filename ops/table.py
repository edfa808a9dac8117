"""What `make run` ends with: versions, runs, metrics with intervals, verdicts, where it all lies, what to try next."""

from collections.abc import Mapping, Sequence
from typing import Any

from artifacts import ledger, raw, training_set
from artifacts.places import Places
from artifacts.registry import Registry

BRACKETS = "[low, high]    the interval by drawing whole days anew: 95 %, or judge.bootstrap.interval in the config"
SHOWN = ("log_loss", "roc_auc", "average_precision", "calibration_error")


def footprint(places: Places, example: Mapping[str, Any]) -> tuple[object, ...]:
    """What lies behind the doors now: equal footprints mean that nothing was made in between."""
    landed = tuple(sorted(f"{p.key}/{p.revision}" for p in raw.partitions(places.raw, example["source"])))
    versions = tuple(training_set.versions(places.training_sets, example["name"]))
    models = tuple(Registry(places.mlflow, places.mlflow_artifacts).versions(example["model"]))
    promotions = tuple(line.seq for line in ledger.history(places.ledger, example["model"]))
    return landed, versions, models, promotions


def ending(
    places: Places, example: Mapping[str, Any], verdicts: Sequence[Mapping[str, Any]], changed: bool, seconds: float
) -> list[str]:
    """The lines of the closing table; `verdicts` are what the promote tasks returned, in order."""
    lines = [""]
    for number, verdict in enumerate(verdicts, start=1):
        lines += _candidate(places, number, verdict)
    lines += [BRACKETS, ""]
    line = ledger.champion(places.ledger, example["model"])
    champion = f"version {line.version}, since line {line.seq} of the ledger" if line else "none"
    last = verdicts[-1]
    page = Registry(places.mlflow, places.mlflow_artifacts).artefact(last["candidate"], last["page"])
    lines += [
        f"champion       {example['model']} {champion}",
        f"raw rows       {places.raw}",
        f"warehouse      {places.warehouse}",
        f"training sets  {places.training_sets}   (Data Docs: NAME/VERSION/docs/validations)",
        f"verdict page   {page}",
        f"MLflow         {ledger.shown(places.mlflow)}",
        f"ledger         {ledger.shown(places.ledger)}",
        f"Airflow's log  {places.home / 'logs' / 'run.log'}",
        "",
        f"{'Done' if changed else 'Nothing changed: months, versions and models were all there'}, {seconds:.0f} s.",
        "Next, look at the runs in Airflow and MLflow:  make up",
        f"or at what moved between the two sets:         .venv/bin/python -m features diff "
        f"{verdicts[0]['training_set']} {last['training_set'].partition('/')[2]}",
        "",
    ]
    return lines


def _candidate(places: Places, number: int, verdict: Mapping[str, Any]) -> list[str]:
    name, version = training_set.parse_id(verdict["training_set"])
    rows = training_set.open_training_set(places.training_sets, name, version).rows
    lines = [
        f"{number}. training set {verdict['training_set']}   {rows:,} rows",
        f"   MLflow run   {verdict['candidate']}   model version {verdict['version']}",
    ]
    metrics = verdict["metrics"]
    others = [who for who in ("champion", "naive") if who in metrics]
    lines.append("   " + "".join(f"{head:<28}" for head in ("holdout metric", "candidate", *others)).rstrip())
    for metric in SHOWN:
        cells = [_interval(metrics[who].get(metric)) for who in ("candidate", *others)]
        lines.append("   " + "".join(f"{cell:<28}" for cell in (metric, *cells)).rstrip())
    lines.append(f"   verdict      {verdict['outcome']}: {verdict['said']}")
    lines += [f"                - {reason['text']}" for reason in verdict["reasons"]]
    return [*lines, ""]


def _interval(estimate: Sequence[float | None] | None) -> str:
    if estimate is None or any(number is None for number in estimate):
        return "not measured"
    value, low, high = estimate
    return f"{value:.4f} [{low:.4f}, {high:.4f}]"
