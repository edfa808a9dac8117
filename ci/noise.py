"""How far a metric moves for no reason: with other seeds on the same rows, and by the bootstrap of two such models."""

import argparse
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from artifacts import cli
from artifacts.errors import GateClosed
from artifacts.places import REPOSITORY, read_places
from artifacts.registry import Registry, RunRecord
from artifacts.training_set import TrainingSet, open_training_set, parse_id
from ci.plan import Plan, read_plan
from ci.smoke import smoke
from ci.tolerances import Tolerances, read_tolerances
from training.config import Guard
from training.evidence import gather
from training.read_config import read_config
from training.train import train

# Two refits differ by the root of two times what one differs from the mean; beyond three deviations is one in 370.
DEVIATIONS = 3 * 2**0.5


def command(arguments: argparse.Namespace) -> cli.Answer:
    """Measure, and print what `worse_by_at_most` should be: the larger of the two noises, in the noisier stage."""
    plan, tolerances = read_plan(), read_tolerances()
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="noise-") as temporary:
        told = smoke(plan, Path(temporary))
        if "refused" in told:
            said = told["refused"]
            raise GateClosed(said["error"], said["message"], next_step=said["next_step"])
        places = read_places({"PIPELINE_HOME": temporary})
        for stage in told["stages"]:
            training_set = open_training_set(places.training_sets, *parse_id(stage["training_set"]))
            runs = list(_refits(plan, training_set, Registry.at(places), arguments.seeds))
            for kind, noise in (
                ("seeds", of_seeds(runs, tolerances)),
                ("bootstrap", _of_bootstrap(plan, training_set, Registry.at(places), runs, tolerances)),
            ):
                for name, value in noise.items():
                    of = found.setdefault(name, {"seeds": 0.0, "bootstrap": 0.0})
                    of[kind] = max(of[kind], value)
    lines = [f"{'metric':<28} {'seeds':>10} {'bootstrap':>10} {'tolerance':>10}"]
    for name, of in found.items():
        of["worse_by_at_most"] = max(of.values())
        lines.append(f"{name:<28} {of['seeds']:>10.5f} {of['bootstrap']:>10.5f} {of['worse_by_at_most']:>10.5f}")
    return cli.Answer(f"{arguments.seeds} seeds, {len(told['stages'])} stages", lines, found)


def _refits(plan: Plan, training_set: TrainingSet, registry: Registry, seeds: int) -> Iterator[RunRecord]:
    for seed in range(1, seeds + 1):
        cli.say(f"seed {seed} of {seeds}")
        overrides = [*plan.overrides, f"seed={seed}"]
        yield train(registry, training_set, read_config(REPOSITORY / plan.config, overrides), overrides=overrides)


def of_seeds(runs: Sequence[RunRecord], tolerances: Tolerances) -> dict[str, float]:
    """By metric, and for `slices` the noisiest one, what two refits of the same rows may differ by for no reason."""
    named = {name: [f"holdout_{name}"] for name in tolerances.metrics}
    rule = tolerances.slices
    named[f"slices, {rule.metric}"] = [
        key
        for key in runs[0].metrics
        if key.startswith(tuple(f"slice/{column}/" for column in rule.columns)) and key.endswith(f"/{rule.metric}")
    ]
    return {
        name: DEVIATIONS * max(statistics.stdev(run.metrics[key] for run in runs) for key in keys)
        for name, keys in named.items()
    }


def _of_bootstrap(
    plan: Plan, training_set: TrainingSet, registry: Registry, runs: Sequence[RunRecord], tolerances: Tolerances
) -> dict[str, float]:
    """By metric, the median half-width of the paired interval of two refits."""
    judge = read_config(REPOSITORY / plan.config, plan.overrides).judge
    guards = {name: Guard(worse_by_at_most=1.0) for name in tolerances.metrics if name != judge.primary}
    rules = judge.model_copy(update={"guards": guards})
    half: dict[str, list[float]] = {name: [] for name in tolerances.metrics}
    for candidate, rival in zip(runs[::2], runs[1::2], strict=False):
        for one in gather(registry, training_set, candidate, rival, rules).comparisons:
            if one.part in ("primary", "guard") and one.gain.high is not None and one.gain.low is not None:
                half[one.metric].append((one.gain.high - one.gain.low) / 2)
    return {name: statistics.median(widths) for name, widths in half.items()}
