"""A file reaches the features that it has a part in, and no other."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ci.lineage import reaches, read_lineage, read_sets
from tests.fixtures_training_set import make_contract

ALL = ["hour", "delay_mean", "load", "is_holiday", "noise", "place"]
# parcels and weather are staged; delays reads both, loads reads parcels, calendar the spine alone.
MODELS = {
    "toy": ["spine", "label", "delays", "loads", "calendar"],
    "rows/toy_rows": ["spine", "delays", "loads", "calendar"],
    "spine": ["stg_post__parcels"],
    "label": ["spine", "stg_post__deliveries"],
    "delays": ["spine", "facts", "stg_post__weather"],
    "facts": ["stg_post__parcels_sent"],
    "loads": ["spine", "stg_post__parcels_sent"],
    "calendar": ["spine"],
    "stg_post__parcels": [],
    "stg_post__parcels_sent": [],
    "stg_post__deliveries": [],
    "stg_post__weather": [],
    "stranger": ["spine"],
}
COLUMNS = {
    "toy": ["entity_id", "observed_at", "is_late", *ALL],
    "spine": ["entity_id", "observed_at"],
    "label": ["entity_id", "is_late", "label_known_at"],
    "delays": ["entity_id", "delay_mean", "noise"],
    "loads": ["entity_id", "load", "load_kg_not_used"],
    "calendar": ["entity_id", "hour", "is_holiday", "place"],
    "facts": ["entity_id", "hour"],
}
CALLS = {"delays": ["macro.shipshape.window", "macro.dbt.ref"], "loads": ["macro.shipshape.window"]}
MACROS = {
    "macro.shipshape.window": ("shipshape", "macros/window.sql", ["macro.shipshape.now", "macro.dbt.ref"]),
    "macro.shipshape.now": ("shipshape", "macros/time.sql", []),
    "macro.shipshape.unused": ("shipshape", "macros/unused.sql", []),
    "macro.dbt.ref": ("dbt", "macros/ref.sql", []),
}


def node(name: str, parents: list[str]) -> dict[str, Any]:
    above = [f"model.shipshape.{parent}" for parent in parents] + ["source.shipshape.post.parcels"]
    return {
        "resource_type": "model",
        "name": name,
        "original_file_path": f"models/{name}.sql",
        "depends_on": {"nodes": above, "macros": CALLS.get(name, [])},
    }


@pytest.fixture(params=["joined by the set", "joined in rows"])
def lineage(tmp_path: Path, request: pytest.FixtureRequest) -> dict[str, list[str]]:
    models = MODELS | ({"toy": ["rows/toy_rows", "label"]} if request.param == "joined in rows" else {})
    test = {**node("toy", ["toy"]), "resource_type": "test", "original_file_path": "tests/toy.sql"}
    macros = {
        key: {"package_name": package, "original_file_path": file, "depends_on": {"macros": called}}
        for key, (package, file, called) in MACROS.items()
    }
    nodes = {"test.shipshape.toy": test} | {f"model.shipshape.{name}": node(name, up) for name, up in models.items()}
    (tmp_path / "dbt").mkdir()
    (tmp_path / "dbt" / "manifest.json").write_text(json.dumps({"nodes": nodes, "macros": macros}))
    with duckdb.connect(tmp_path / "shipshape.duckdb") as connection:
        for table, columns in COLUMNS.items():
            connection.execute(f"create table {table} ({', '.join(f'{name} integer' for name in columns)})")
    return read_lineage(tmp_path, make_contract())


@pytest.mark.parametrize(
    ("file", "features"),
    [
        ("models/delays.sql", ["delay_mean", "noise"]),
        ("models/loads.sql", ["load"]),
        ("models/calendar.sql", ["hour", "is_holiday", "place"]),
    ],
)
def test_a_feature_model_reaches_its_own_features(
    lineage: dict[str, list[str]], file: str, features: list[str]
) -> None:
    assert lineage[f"dbt_project/{file}"] == features


@pytest.mark.parametrize(
    ("file", "features"),
    [
        ("models/stg_post__weather.sql", ["delay_mean", "noise"]),
        ("models/facts.sql", ["delay_mean", "noise"]),
        ("models/stg_post__parcels_sent.sql", ["delay_mean", "load", "noise"]),
    ],
)
def test_what_is_staged_reaches_the_features_of_all_models_below_it(
    lineage: dict[str, list[str]], file: str, features: list[str]
) -> None:
    assert lineage[f"dbt_project/{file}"] == features


@pytest.mark.parametrize("name", ["spine", "label", "toy", "stg_post__parcels", "stg_post__deliveries"])
def test_what_decides_the_rows_reaches_every_feature(lineage: dict[str, list[str]], name: str) -> None:
    assert lineage[f"dbt_project/models/{name}.sql"] == ALL


def test_what_joins_the_features_reaches_them_all_and_only_in_a_set_that_reads_it(
    lineage: dict[str, list[str]], request: pytest.FixtureRequest
) -> None:
    joined = request.node.callspec.params["lineage"] == "joined in rows"
    assert lineage.get("dbt_project/models/rows/toy_rows.sql") == (ALL if joined else None)


def test_a_macro_reaches_the_features_of_the_models_that_call_it_also_through_another(
    lineage: dict[str, list[str]],
) -> None:
    assert lineage["dbt_project/macros/window.sql"] == ["delay_mean", "load", "noise"]
    assert lineage["dbt_project/macros/time.sql"] == ["delay_mean", "load", "noise"]


def test_what_has_no_part_in_the_set_is_not_in_it(lineage: dict[str, list[str]]) -> None:
    absent = {"models/stranger.sql", "macros/unused.sql", "macros/ref.sql", "tests/toy.sql"}
    assert not {f"dbt_project/{file}" for file in absent} & lineage.keys()


def test_files_together_reach_what_any_of_them_reaches_once(lineage: dict[str, list[str]]) -> None:
    files = ["dbt_project/models/loads.sql", "dbt_project/macros/window.sql", "ingestion/land.py"]
    assert reaches(lineage, files) == ["load", "delay_mean", "noise"]
    assert reaches(lineage, []) == reaches({}, files) == []


def test_sets_are_reached_by_their_files_yaml_and_macros(tmp_path: Path) -> None:
    nodes = {
        "model.s.toy": {**node("toy", ["delays"]), "original_file_path": "models/training_sets/toy.sql"},
        "model.s.other": {**node("other", []), "original_file_path": "models/training_sets/other.sql"},
        "model.shipshape.delays": {**node("delays", []), "patch_path": "shipshape://models/_all.yml"},
    }
    macros = {
        key: {"package_name": of, "original_file_path": file, "depends_on": {"macros": calls}}
        for key, (of, file, calls) in MACROS.items()
    }
    (tmp_path / "dbt").mkdir()
    (tmp_path / "dbt" / "manifest.json").write_text(json.dumps({"nodes": nodes, "macros": macros}))
    assert read_sets(tmp_path) == {
        "dbt_project/macros/time.sql": ["toy"],
        "dbt_project/macros/window.sql": ["toy"],
        "dbt_project/models/_all.yml": ["toy"],
        "dbt_project/models/delays.sql": ["toy"],
        "dbt_project/models/training_sets/other.sql": ["other"],
        "dbt_project/models/training_sets/toy.sql": ["toy"],
    }
