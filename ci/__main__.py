"""`python -m ci`: a smoke run of the whole pipeline, compared with the last known-good one."""

import argparse
import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from artifacts import cli
from artifacts.errors import BadInput, CannotJudge, Refusal
from ci import comment, impact, noise
from ci.commit import commit_of
from ci.compare import compare
from ci.known_good import KNOWN_GOOD, known_good_of, read_known_good, write_known_good
from ci.live import live_models
from ci.mutants import study
from ci.plan import read_plan
from ci.report import Against, render, render_refusal
from ci.runs import REPORT, RUN, folder, keep, publish, read_run
from ci.smoke import smoke
from ci.tolerances import read_tolerances


def _smoke(arguments: argparse.Namespace) -> cli.Answer:
    plan, out = read_plan(), Path(arguments.out) if arguments.out else folder() / RUN
    for stale in (out, folder() / REPORT):
        stale.unlink(missing_ok=True)
    known = _known(arguments)
    with tempfile.TemporaryDirectory(prefix="smoke-") as temporary:
        home = _empty(Path(arguments.home or f"{temporary}/home"))
        told = smoke(plan, home, known)
        if "refused" in told and not arguments.home:
            told["refused"] = _kept(told["refused"], home)
    keep(told, out)
    refused = told.get("refused")
    lines = [f"{stage['training_set']}: {stage['rows']} rows, {_of(stage)}" for stage in told["stages"]]
    lines += [f"{refused['error']}: {refused['message']} {refused['next_step']}"] if refused else []
    lines.append(
        f"smoke run of {told['seconds']} s"
        + (", refused; the report: make compare" if refused else "; next: make compare")
    )
    return cli.Answer(str(out), lines, told, exit_code=refused["exit_code"] if refused else 0)


def _known(arguments: argparse.Namespace) -> Mapping[str, Any] | None:
    if arguments.skip_known:
        known = known_good_of(commit_of(arguments.skip_known))
        if known is None:
            cli.say(f"ci/known_good.json is not that of {arguments.skip_known}: everything is trained")
        return known
    if not arguments.known:
        return None
    try:
        told: Mapping[str, Any] = json.loads(Path(arguments.known).read_text(encoding="utf-8"))
        return {"machine": told["machine"], "stages": [dict(stage) for stage in told["stages"]]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(
            "smoke.known_unreadable",
            f"--known {arguments.known} is no smoke run: {error!r}.",
            next_step="Name a file that is written by: python -m ci smoke --out FILE",
        ) from error


def _kept(refused: Mapping[str, Any], home: Path) -> dict[str, Any]:
    """The refusal after its home was moved to where a person can still look; the one before is gone."""
    place = folder() / "refused"
    shutil.rmtree(place, ignore_errors=True)
    shutil.move(home, place)
    return {
        key: text.replace(str(home), str(place)) if isinstance(text, str) else text for key, text in refused.items()
    }


def _empty(home: Path) -> Path:
    home.mkdir(parents=True, exist_ok=True)
    if any(home.iterdir()):
        raise BadInput(
            "smoke.home_in_use",
            f"--home {home} holds files; an empty folder is wanted.",
            next_step="Name another one, or leave --home out.",
        )
    return home


def _of(stage: Mapping[str, Any]) -> str:
    if not stage["trained"]:
        return "not trained again"
    value = stage["metrics"]["candidate"]["log_loss"][0]
    return f"model {stage['model_sha256'][:12]}, log loss {value:.4f}, verdict {stage['outcome']}"


def _compare(_: argparse.Namespace) -> cli.Answer:
    try:
        known, tolerances = read_known_good(), read_tolerances()
        told = read_run(read_plan())
        found = compare(told, known, tolerances)
        page = render(told, known, found, tolerances, against=Against("the known-good run", live_models()))
    except Refusal as refusal:
        # Else the page of an earlier comparison would be taken for this one's.
        publish(render_refusal(refusal), [])
        raise
    except Exception as error:
        publish(render_refusal(CannotJudge("compare.broken", f"{error!r}.", next_step="Mend ci/.")), [])
        raise
    return publish(page, found)


def _accept(_: argparse.Namespace) -> cli.Answer:
    told = read_run(read_plan())
    write_known_good(told)
    return cli.Answer(str(KNOWN_GOOD), ["kept; look at the diff and commit it: git diff ci/known_good.json"])


def build_parser() -> argparse.ArgumentParser:
    """The verbs behind `make smoke compare accept impact`."""
    parser = argparse.ArgumentParser(prog="python -m ci", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    running = _verb(verbs, "smoke", _smoke, "run the whole pipeline on the tiny source, in a temporary home")
    running.add_argument(
        "--skip-known", metavar="COMMIT", help="do not train again what the known-good run of COMMIT trained"
    )
    running.add_argument("--known", metavar="FILE", help="as --skip-known, against another smoke run")
    running.add_argument("--home", help="keep the home here: an empty folder")
    running.add_argument("--out", metavar="FILE", help="where the result goes")
    _verb(verbs, "compare", _compare, "hold the last smoke run against ci/known_good.json")
    _verb(verbs, "accept", _accept, "make the last smoke run the known-good one")
    reaching = _verb(verbs, "impact", impact.command, "what the change since another commit does to the model")
    reaching.add_argument("--base", required=True, metavar="COMMIT")
    measuring = _verb(verbs, "noise", noise.command, "measure how far metrics move for no reason")
    measuring.add_argument("--seeds", type=int, choices=range(4, 101), default=20, metavar="N")
    seeding = _verb(verbs, "mutants", study.command, "seed regressions and see which verb catches each")
    seeding.add_argument("--only", nargs="+", default=[], metavar="ID")
    seeding.add_argument("--kind", nargs="+", default=[], metavar="KIND")
    seeding.add_argument("--workers", type=int, choices=range(1, 17), default=1, metavar="N")
    seeding.add_argument("--write-docs", action="store_true", help="write docs/mutants.md")
    _verb(verbs, "comment", comment.command, "put the report on the pull request, over the last one")
    return parser


def _verb(verbs: Any, name: str, verb: cli.Verb, about: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=about, description=about)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(verb=verb)
    return parser


if __name__ == "__main__":
    cli.main(build_parser())
