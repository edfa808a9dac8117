"""The service's answer is training's score, bit for bit, by every way, and is in the log before it is sent."""

from datetime import datetime
from pathlib import Path

import httpx
import numpy as np
import pyarrow as pa
import pytest
import xgboost

from artifacts.errors import CannotJudge
from artifacts.prediction_log.writer import LogWriter
from serving.app import find_version
from serving.batch import score_set
from serving.policy import Policy
from serving.refused import RequestRefused
from tests.fixtures_training_set import AS_OF, make_contract, make_rows, publish_table
from tests.serving.world import GOOD, MODEL, World, ask, json_rows, serving
from training.fit import load_candidate, score

FIRST, LAST = datetime(2000, 1, 1), datetime(2100, 1, 1)
KEYS = ["entity_id", "observed_at"]


def wanted(world: World, version: int) -> list[float]:
    scorer = load_candidate(world.registry, world.runs[version - 1].run_id)
    return score(scorer, world.training_set, FIRST, LAST).tolist()


def features(world: World) -> list[str]:
    return [column.name for column in world.training_set.contract.features]


@pytest.mark.parametrize("version", [1, 2])
def test_answers_over_http_are_trainings_scores_bit_for_bit(world: World, version: int) -> None:
    rows = json_rows(world.training_set, features(world))
    with serving(world, version, max_rows=3000) as client:
        answer = ask(client, *rows, path=f"/v1/models/{MODEL}/versions/{version}/predict").json()
        one = [ask(client, row, path=f"/v1/models/{MODEL}/versions/{version}/predict").json() for row in rows[:20]]
    scores = [told["score"] for told in answer["predictions"]]
    assert scores == wanted(world, version)
    assert [told["predictions"][0]["score"] for told in one] == scores[:20]
    assert (answer["model"], answer["version"], answer["training_set"]) == (MODEL, version, world.training_set.id)


def test_a_batch_of_a_window_has_the_rows_observed_in_it_and_without_one_it_is_refused(world: World) -> None:
    version, window = find_version(world.places, MODEL, 2), (datetime(2013, 2, 4), datetime(2013, 2, 6))
    column = world.training_set.contract.observed_at
    wanted_rows = sum(batch.num_rows for batch in world.training_set.batches([column], *window))
    with LogWriter(world.places.predictions) as log:
        scores = score_set(version, world.training_set, Policy(), log, window)
        with pytest.raises(CannotJudge, match="observed from 2030-01-01"):
            score_set(version, world.training_set, Policy(), log, (datetime(2030, 1, 1), datetime(2030, 1, 2)))
    moments = [one.entity[column] for one in world.logged()]
    assert (scores.rows, len(moments)) == (wanted_rows, wanted_rows)
    assert 0 < wanted_rows < world.training_set.rows
    assert window[0] <= min(moments) <= max(moments) < window[1]


@pytest.mark.parametrize(("value", "code"), [(11.0, "odd.out_of_bounds"), (1e39, "request.field_type")])
def test_a_row_that_a_batch_refuses_is_named_by_its_place_among_all_rows(
    world: World, tmp_path: Path, value: float, code: str
) -> None:
    table = make_rows(make_contract())
    values = [*table["noise"].to_pylist()[:2500], value, *table["noise"].to_pylist()[2501:]]
    table = table.set_column(table.column_names.index("noise"), "noise", pa.array(values))
    rows_of = publish_table(tmp_path / "sets", make_contract(), AS_OF, table)
    version = find_version(world.places, MODEL, 1)
    with LogWriter(world.places.predictions) as log, pytest.raises(RequestRefused) as refused:
        score_set(version, rows_of, Policy(), log)
    assert (refused.value.code, refused.value.row) == (code, 2500)
    assert "noise of row 2500 " in refused.value.message
    assert len(world.logged()) == 2000


def test_a_batch_is_trainings_scores_bit_for_bit_and_knows_what_each_row_is_about(world: World) -> None:
    version = find_version(world.places, MODEL, 2)
    with LogWriter(world.places.predictions) as log:
        scores = score_set(version, world.training_set, Policy(), log)
    logged = world.logged()
    assert [one.score for one in logged] == wanted(world, 2)
    assert (scores.rows, scores.flagged) == (world.training_set.rows, 0)
    first = next(world.training_set.batches(KEYS)).to_pylist()[0]
    assert logged[0].entity == first
    assert {(one.version, one.via, one.request_id) for one in logged} == {(2, "batch", scores.request_id)}
    assert len({one.prediction_id for one in logged}) == scores.rows


def test_what_is_answered_is_in_the_log_as_it_was_asked(world: World) -> None:
    about = {"entity_id": "e1", "observed_at": "2013-03-01T06:00:00"}
    with serving(world) as client:
        answer = ask(client, {**GOOD, **about, "place": "moon"}, {**GOOD, **about}).json()
        logged = world.logged()
    assert [one.prediction_id for one in logged] == [told["prediction_id"] for told in answer["predictions"]]
    assert [one.score for one in logged] == [told["score"] for told in answer["predictions"]]
    assert logged[0].features == {**GOOD, "place": "moon"}
    assert logged[0].entity == {"entity_id": "e1", "observed_at": datetime(2013, 3, 1, 6)}
    assert (logged[0].flags, logged[1].flags) == (("unseen_category:place",), ())
    assert {one.request_id for one in logged} == {answer["request_id"]}
    assert {one.model_sha256 for one in logged} == {world.runs[0].model_sha256}


def test_the_log_has_the_contracts_types_however_a_number_was_written(world: World) -> None:
    with serving(world) as client:
        ask(client, {**GOOD, "hour": 7.0, "delay_mean": 12, "load": 31})
    features = world.logged()[0].features
    assert [type(features[name]) for name in ("hour", "delay_mean", "load")] == [int, float, float]
    assert (features["hour"], features["delay_mean"], features["load"]) == (7, 12.0, 31.0)


def test_contributions_sum_to_the_log_odds_of_the_score(world: World) -> None:
    with serving(world) as client:
        answer = client.post(f"/v1/models/{MODEL}/predict", json={"rows": [GOOD], "contributions": True})
    [told] = answer.json()["predictions"]
    assert set(told["contributions"]) == {*features(world), "bias"}
    score_again = 1 / (1 + np.exp(-sum(told["contributions"].values())))
    assert score_again == pytest.approx(told["score"], abs=1e-6)
    scorer = load_candidate(world.registry, world.runs[0].run_id)
    row = scorer.encoder.numbers({name: [value] for name, value in {**GOOD, "load": None}.items()})
    row[0, 2] = GOOD["load"]
    data = xgboost.DMatrix(row, feature_names=scorer.encoder.names, feature_types=scorer.encoder.feature_types)
    alone = scorer.booster.predict(data, pred_contribs=True)[0]
    assert list(told["contributions"].values()) == pytest.approx(alone.tolist(), abs=1e-6)


def test_the_order_of_fields_and_the_way_a_number_is_written_do_not_matter(world: World) -> None:
    backwards = dict(reversed({**GOOD, "hour": 7.0}.items()))
    with serving(world) as client:
        assert [score_of(ask(client, row)) for row in (GOOD, backwards)] == [score_of(ask(client, GOOD))] * 2


def test_a_category_that_was_not_seen_scores_as_missing(world: World) -> None:
    with serving(world, unexpected_null="flag") as client:
        assert score_of(ask(client, {**GOOD, "place": "moon"})) == score_of(ask(client, {**GOOD, "place": None}))


def score_of(answer: httpx.Response) -> float:
    score: float = answer.json()["predictions"][0]["score"]
    return score
