"""A caller who has only the entity gets its upcoming row's score, and hears how old the features are, or gets none."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from artifacts.errors import CannotJudge
from artifacts.prediction_log.writer import LogWriter
from artifacts.registry import RunRecord
from artifacts.training_set import TrainingSet
from artifacts.upcoming import Upcoming
from serving.app import find_version
from serving.batch import score_set
from serving.policy import Policy
from serving.upcoming_batch import newest_rows
from tests.fixtures_training_set import AS_OF, make_contract, make_upcoming_rows, publish_upcoming_table
from tests.serving.conftest import world_in
from tests.serving.world import GOOD, MODEL, World, ask, json_rows, serving, wait_for

PREDICT = f"/v1/models/{MODEL}/predict"
UNKNOWN = {"entity_id": "<script>"}


def publish(world: World, rows: int = 5, as_of: datetime = AS_OF, **options: Any) -> Upcoming:
    return publish_upcoming_table(world.places.upcoming, make_upcoming_rows(as_of, rows), as_of, **options)


def by_key(client: httpx.Client, *entities: Any, **more: Any) -> httpx.Response:
    return client.post(PREDICT, json={"entities": list(entities), **more})


def lookup_key(row: dict[str, Any]) -> dict[str, Any]:
    return {"place": row["place"], "number": row["number"], "starts_at": row["starts_at"].isoformat()}


def error(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


def test_an_entity_scores_as_its_row_bit_for_bit_by_either_key_and_in_a_batch(world: World) -> None:
    publish(world)
    table = make_upcoming_rows(AS_OF, 5).to_pylist()
    version = find_version(world.places, MODEL, None)
    upcoming = newest_rows(world.places, version)
    features = json_rows(upcoming, list(version.encoder.names))  # type: ignore[arg-type]
    with serving(world) as client:
        by_rows = ask(client, *features).json()["predictions"]
        by_id = by_key(client, *({"entity_id": row["entity_id"]} for row in reversed(table))).json()["predictions"]
        by_lookup = by_key(client, *map(lookup_key, table)).json()["predictions"]
    with LogWriter(world.places.predictions) as log:
        score_set(version, upcoming, Policy(), log)
    batch = [one.score for one in world.logged() if one.via == "batch"]
    scores = [told["score"] for told in by_rows]
    assert [told["score"] for told in by_lookup] == scores == batch
    assert [told["score"] for told in reversed(by_id)] == scores
    assert [told["observed_at"] for told in by_lookup] == [row["observed_at"].isoformat() for row in table]


def test_the_answer_says_as_of_when_the_features_are_and_how_old_and_the_log_knows_the_entity(world: World) -> None:
    an_hour_ago = datetime.now(UTC).replace(tzinfo=None) - timedelta(hours=1)
    publish(world, created_at=str(an_hour_ago))
    row = make_upcoming_rows(AS_OF, 5).to_pylist()[2]
    with serving(world) as client:
        told = by_key(client, lookup_key(row), contributions=True).json()
        age = float(re.findall(r"serving_features_age_seconds\{.*\} (\S+)", client.get("/metrics").text)[0])
        schemas = client.get("/openapi.json").json()["components"]
    assert told["features_as_of"] == "2013-04-01T00:00:00"
    assert 3600 <= told["features_age_seconds"] < 3700
    assert 3600 <= age < 3700
    assert "contributions" in told["predictions"][0]
    jsonschema.validate(told, {"components": schemas, "$ref": "#/components/schemas/Answer"})
    [logged] = world.logged()
    assert logged.entity == {"entity_id": row["entity_id"], "observed_at": row["observed_at"]}
    assert (logged.prediction_id, logged.via) == (told["predictions"][0]["prediction_id"], "http")


def test_an_unknown_entity_is_not_found_and_nothing_of_it_is_repeated(world: World) -> None:
    publish(world)
    with serving(world) as client:
        answer = by_key(client, {"entity_id": "e000000"}, UNKNOWN)
    assert error(answer) == (404, "upcoming.entity_unknown")
    assert "entity 1" in answer.json()["message"] and "as of 2013-04-01 00:00:00 UTC" in answer.json()["message"]
    assert answer.json()["row"] == 1
    assert "script" not in answer.text
    assert world.logged() == []


def test_without_published_rows_the_command_that_publishes_some_is_named_and_rows_are_answered(world: World) -> None:
    with serving(world) as client:
        answer = by_key(client, {"entity_id": "e000000"})
        assert ask(client, GOOD).status_code == 200
        assert client.get("/health/ready").json()["status"] == "ready"
        assert "features_age_seconds" not in client.get("/metrics").text
    assert error(answer) == (404, "upcoming.none")
    assert "python -m features upcoming --name toy" in answer.json()["next_step"]


def test_an_empty_publication_finds_nobody_and_cannot_be_scored(world: World) -> None:
    publish(world, rows=0)
    with serving(world) as client:
        answer = by_key(client, {"entity_id": "e000000"})
    assert error(answer) == (404, "upcoming.entity_unknown")
    assert "There are 0 rows" in answer.json()["message"]
    version = find_version(world.places, MODEL, None)
    with (
        LogWriter(world.places.predictions) as log,
        pytest.raises(CannotJudge, match="nothing was scored"),
    ):
        score_set(version, newest_rows(world.places, version), Policy(), log)


@pytest.mark.parametrize("seconds", [-3600, 86_401])
def test_rows_published_too_long_ago_or_in_the_future_are_refused_with_the_command(world: World, seconds: int) -> None:
    moment = datetime.now(UTC).replace(tzinfo=None) - timedelta(seconds=seconds)
    publish(world, created_at=str(moment))
    with serving(world) as client:
        answer = by_key(client, {"entity_id": "e000000"})
        assert ask(client, GOOD).status_code == 200
    assert error(answer) == (503, "upcoming.too_old")
    assert "python -m features upcoming --name toy" in answer.json()["next_step"]


def test_how_old_is_too_old_is_a_setting(world: World) -> None:
    publish(world, created_at=str(datetime.now(UTC).replace(tzinfo=None) - timedelta(seconds=100)))
    for limit, status in ((50, 503), (1000, 200)):
        with serving(world, max_feature_age_seconds=limit) as client:
            assert by_key(client, {"entity_id": "e000000"}).status_code == status


def test_newer_rows_are_taken_over_while_running_and_older_ones_are_not(world: World) -> None:
    publish(world)
    newer = AS_OF + timedelta(hours=6)
    with serving(world) as client:

        def as_of() -> Any:
            return by_key(client, {"entity_id": "e000000"}).json()["features_as_of"]

        assert as_of() == "2013-04-01T00:00:00"
        publish(world, as_of=newer)
        wait_for(lambda: as_of() == "2013-04-01T06:00:00")
        publish(world, as_of=AS_OF - timedelta(hours=6))
        held = [as_of() for _ in range(20)]
    assert set(held) == {"2013-04-01T06:00:00"}


@pytest.mark.parametrize("file", ["data.parquet", "manifest.json"])
def test_damaged_newer_rows_leave_those_before_in_use_and_say_degraded(world: World, tmp_path: Path, file: str) -> None:
    publish(world)
    with serving(world) as client:
        newer = publish_upcoming_table(tmp_path / "made", make_upcoming_rows(AS_OF, 5), AS_OF + timedelta(hours=6))
        damage(Path(newer.published.uri) / file)
        target = Path(world.places.upcoming) / "toy" / newer.version
        Path(newer.published.uri).rename(target)
        wait_for(lambda: client.get("/health/ready").json()["status"] == "degraded")
        told = by_key(client, {"entity_id": "e000000"}).json()
        assert told["features_as_of"] == "2013-04-01T00:00:00"
        assert "publish.damaged" in client.get("/health/ready").json()["trouble"]
        assert re.search(r"serving_degraded\{.*\} 1\n", client.get("/metrics").text)
        target.rename(tmp_path / "away")
        wait_for(lambda: client.get("/health/ready").json()["status"] == "ready")


def damage(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def test_damaged_rows_and_none_before_are_refused_and_rows_are_answered(world: World) -> None:
    damage(Path(publish(world).published.uri) / "data.parquet")
    with serving(world) as client:
        assert error(by_key(client, {"entity_id": "e000000"})) == (503, "upcoming.unusable")
        assert ask(client, GOOD).status_code == 200
        assert client.get("/health/ready").json()["status"] == "degraded"


def test_rows_that_do_not_fit_the_version_are_refused(world: World) -> None:
    table = make_upcoming_rows(AS_OF, 5)
    wider = table.set_column(table.schema.get_field_index("hour"), "hour", table.column("hour").cast("int64"))
    publish_upcoming_table(world.places.upcoming, wider, AS_OF, columns=retyped("hour", "bigint"))
    with serving(world) as client:
        answer = by_key(client, {"entity_id": "e000000"})
    assert error(answer) == (503, "upcoming.other_columns")
    assert "'hour'" in answer.json()["message"]


def retyped(name: str, kind: str) -> list[dict[str, Any]]:
    told = make_contract().to_dict()["columns"]
    return [{**column, "type": kind} if column["name"] == name else column for column in told]


@pytest.fixture(scope="module")
def of_module(
    shared: Path, trained: tuple[TrainingSet, tuple[RunRecord, ...]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    world = world_in(tmp_path_factory.mktemp("home"), shared, trained)
    publish(world)
    with serving(world, max_rows=3) as client:
        yield client


GOOD_KEY = {"place": "hill", "number": 0, "starts_at": "2013-03-31T23:30:00"}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"entities": [{"entity_id": "e0"}], "rows": [GOOD]}, 422, "request.shape"),
        ({"entities": []}, 422, "request.shape"),
        ({"entities": {"entity_id": "e0"}}, 422, "request.shape"),
        ({"entities": ["e0"]}, 422, "request.shape"),
        ({"entities": [{}]}, 422, "request.entity_key"),
        ({"entities": [{"entity_id": "e0", "place": "hill"}]}, 422, "request.entity_key"),
        ({"entities": [{k: GOOD_KEY[k] for k in ("place", "number")}]}, 422, "request.entity_key"),
        ({"entities": [{**GOOD_KEY, "<b>": 1}]}, 422, "request.entity_key"),
        ({"entities": [{"entity_id": None}]}, 422, "request.field_type"),
        ({"entities": [{"entity_id": "\ud800"}]}, 422, "request.field_type"),
        ({"entities": [{"entity_id": ["e0"]}]}, 422, "request.field_type"),
        ({"entities": [{**GOOD_KEY, "number": "0"}]}, 422, "request.field_type"),
        ({"entities": [{**GOOD_KEY, "number": True}]}, 422, "request.field_type"),
        ({"entities": [{**GOOD_KEY, "number": 2**31}]}, 422, "request.field_type"),
        ({"entities": [{**GOOD_KEY, "number": float("inf")}]}, 422, "request.field_type"),
        ({"entities": [{**GOOD_KEY, "number": float("nan")}]}, 422, "request.field_type"),
        ({"entities": [{**GOOD_KEY, "starts_at": "noon"}]}, 422, "request.field_type"),
        ({"entities": [{**GOOD_KEY, "starts_at": "2013-03-31T23:30:00+02:00"}]}, 422, "request.field_type"),
        ({"entities": [{"entity_id": "e0"}] * 4}, 422, "request.too_many_rows"),
        ({"entities": [{"entity_id": "e0"}], "why": 1}, 422, "request.field_unknown"),
    ],
)
def test_an_entity_that_is_none_is_refused_by_the_name_of_its_field(
    of_module: httpx.Client, body: dict[str, Any], status: int, code: str
) -> None:
    answer = of_module.post(PREDICT, content=json.dumps(body), headers={"Content-Type": "application/json"})
    assert error(answer) == (status, code)
    assert "<b>" not in answer.text
    # Only what is wrong with the whole body has no row, and what was looked for is called an entity.
    assert ("row" in answer.json()) == ("entity " in answer.json()["message"].lower())
    assert "row 0" not in answer.json()["message"]


def test_a_field_that_belongs_to_no_key_is_told_by_its_place(of_module: httpx.Client) -> None:
    told = by_key(of_module, {"entity_id": "e0"}, {"entity_id": "e0", "ssn_123456789": 1})
    assert told.json()["message"].startswith("Field 1 of entity 1, both counted from 0, is part of no key; wanted {")
    assert "ssn" not in told.text


VALUES = st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.sampled_from(["hill", "", "e000001", 0.5, 1.0])
NAMES = st.sampled_from(["entity_id", "place", "number", "stranger"])


@given(odd=st.dictionaries(NAMES, VALUES, max_size=3), base=st.sampled_from([GOOD_KEY, {"entity_id": "e0"}, {}]))
@settings(max_examples=200, deadline=None)
def test_an_entity_is_looked_up_exactly_when_the_schema_allows_it(
    of_module: httpx.Client, odd: dict[str, Any], base: dict[str, Any]
) -> None:
    entity = {**base, **odd}
    if str(of_module.base_url) not in _SCHEMAS:
        _SCHEMAS[str(of_module.base_url)] = of_module.get("/openapi.json").json()["components"]["schemas"]["Entity"]
    allowed = jsonschema.Draft202012Validator(_SCHEMAS[str(of_module.base_url)]).is_valid(entity)
    assert (by_key(of_module, entity).status_code in (200, 404)) == allowed


_SCHEMAS: dict[str, dict[str, Any]] = {}


def test_the_champions_own_contract_says_nothing_of_a_lookup_key_without_rows(world: World) -> None:
    with serving(world) as client:
        [form] = client.get("/openapi.json").json()["components"]["schemas"]["Entity"]["oneOf"]
    assert form["required"] == ["entity_id"]
