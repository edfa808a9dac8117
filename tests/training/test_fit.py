"""The same inputs give the same bytes, the holdout is never looked at, and a logged model scores as it was fitted."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from artifacts.errors import BadInput, Damaged
from artifacts.registry import MODEL
from tests.fixtures_training_set import AS_OF, make_contract, make_rows, make_training_set, publish_table
from tests.training.toy import HOLDOUT, TOY, publish_with, toy_config, values
from training.choose_features import choose_features
from training.fit import Candidate, fit_candidate, load_candidate, score, score_rows
from training.train import train
from training.windows import split

ROOT = Path(__file__).parents[2]


def fit(training_set, *overrides: str) -> Candidate:
    config = toy_config(*overrides)
    columns = choose_features(training_set.contract, config)
    return fit_candidate(training_set, config, columns, split(training_set, config))


def sha256(candidate: Candidate) -> str:
    return hashlib.sha256(bytes(candidate.booster.save_raw("ubj"))).hexdigest()


def refit_in_a_process(tmp_path: Path, training_set_id: str, nthread: int) -> str:
    (tmp_path / "toy.yaml").write_text(TOY.replace("nthread: 1", f"nthread: {nthread}"))
    command = [sys.executable, "-m", "training.refit", str(tmp_path), training_set_id, str(tmp_path / "toy.yaml")]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.slow
def test_the_same_config_and_set_give_the_same_bytes_in_other_processes_and_at_other_thread_counts(tmp_path):
    # More than one batch, so that how they are cut is part of what is tested.
    training_set = make_training_set(tmp_path, rows=100_000)
    runs = [refit_in_a_process(tmp_path, training_set.id, nthread) for nthread in (1, 2, 1, 2)]
    assert len(set(runs)) == 1
    assert len(runs[0]) == 64


def test_another_seed_or_another_row_gives_other_bytes(tmp_path):
    training_set = make_training_set(tmp_path)
    assert sha256(fit(training_set)) == sha256(fit(training_set))
    assert sha256(fit(training_set)) != sha256(fit(training_set, "seed=2"))
    assert sha256(fit(training_set)) != sha256(fit(make_training_set(tmp_path, seed=8)))


def test_nothing_in_the_holdout_or_the_gap_reaches_the_model(tmp_path):
    from_gap_on = values("observed_at") >= np.datetime64("2013-02-28")
    label, hour, place = values("is_late").astype(bool), values("hour"), values("place")
    label[from_gap_on] ^= True
    hour[from_gap_on] = 23
    place[from_gap_on] = "hill"
    other = publish_with(tmp_path, is_late=label, hour=hour, place=place)
    assert sha256(fit(make_training_set(tmp_path))) == sha256(fit(other))


def test_trees_stop_growing_by_the_latest_fit_rows(tmp_path):
    candidate = fit(make_training_set(tmp_path), "num_boost_round=500", "early_stopping_rounds=5")
    kept = candidate.booster.num_boosted_rounds()
    assert kept == int(np.argmin(candidate.curve)) + 1
    assert len(candidate.curve) == kept + 5


def test_without_early_stopping_every_tree_is_kept(tmp_path):
    candidate = fit(make_training_set(tmp_path), "early_stopping_share=0", "early_stopping_rounds=null")
    assert (candidate.booster.num_boosted_rounds(), candidate.curve) == (60, ())


def test_a_logged_model_scores_as_it_was_fitted(tmp_path, world):
    training_set = make_training_set(tmp_path)
    candidate = fit(training_set)
    run = train(world.registry, training_set, toy_config(f"model={world.model}"))
    scored = score(load_candidate(world.registry, run.run_id), training_set, HOLDOUT, AS_OF)
    expected = score_rows(candidate.booster, candidate.encoder, training_set, HOLDOUT, AS_OF)
    assert scored.tolist() == expected.tolist()
    assert len(scored) == (values("observed_at") >= np.datetime64(HOLDOUT)).sum()


def test_a_score_does_not_depend_on_the_rows_beside_it(tmp_path):
    training_set = make_training_set(tmp_path)
    candidate = fit(training_set)
    rows = next(training_set.batches(candidate.encoder.names, batch_rows=1000))
    whole = candidate.booster.inplace_predict(candidate.encoder.matrix(rows))
    single = [candidate.booster.inplace_predict(candidate.encoder.matrix(rows.slice(i, 1)))[0] for i in range(50)]
    assert whole[:50].tolist() == single


def test_a_model_file_that_was_changed_is_not_loaded(tmp_path, world):
    run = train(world.registry, make_training_set(tmp_path), toy_config(f"model={world.model}"))
    for name in (MODEL, "model/categories.json"):
        path = world.registry.artefact(run.run_id, name)
        good = path.read_bytes()
        path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
        with pytest.raises(Damaged) as refused:
            load_candidate(world.registry, run.run_id)
        assert refused.value.code == "registry.damaged"
        path.write_bytes(good)


def test_a_set_without_a_fitted_column_is_not_scored(tmp_path, world):
    run = train(world.registry, make_training_set(tmp_path), toy_config(f"model={world.model}"))
    contract = make_contract()
    fewer = contract.model_copy(update={"columns": tuple(c for c in contract.columns if c.name != "noise")})
    changed = publish_table(tmp_path, fewer, AS_OF, make_rows(contract).drop_columns(["noise"]))
    with pytest.raises(BadInput, match="'noise' nowhere"):
        score(load_candidate(world.registry, run.run_id), changed, HOLDOUT, AS_OF)


def test_more_delay_never_makes_the_toy_model_surer_of_being_on_time(tmp_path):
    candidate = fit(make_training_set(tmp_path, rows=20_000), "num_boost_round=100")
    rows = candidate.encoder.matrix(next(make_training_set(tmp_path, rows=20_000).batches(candidate.encoder.names)))
    rows[:, candidate.encoder.names.index("delay_mean")] = 0
    calm = candidate.booster.inplace_predict(rows)
    rows[:, candidate.encoder.names.index("delay_mean")] = 60
    assert (candidate.booster.inplace_predict(rows) > calm).mean() > 0.99
