"""A build publishes what it has validated, or nothing; the same inputs and the same rows make no second version."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest

from artifacts.errors import BadInput, CannotJudge, Damaged, GateClosed, Interrupted, Missing, Unavailable
from artifacts.places import Places, read_places
from artifacts.training_set import versions
from features.build import build
from features.run_dbt import PROJECT
from tests.features.conftest import edit, post, reweigh

MARCH = datetime.fromisoformat("2013-03-01")
APRIL = datetime.fromisoformat("2013-04-01")


def _refused(places: Places, project: Path, kind: type[Exception], as_of: datetime = MARCH) -> str:
    with pytest.raises(kind) as refusal:
        build(places, "toy", as_of, project)
    assert versions(places.training_sets, "toy") == []
    return f"{refusal.value.code}: {refusal.value.message}"  # type: ignore[attr-defined]


def test_a_version_says_what_it_was_built_from(places: Places, project: Path) -> None:
    training_set = build(places, "toy", MARCH, project)
    facts = training_set.facts
    assert training_set.published.created
    assert (training_set.rows, facts["previous"]) == (108, None)
    assert facts["window"] == {"first": "2013-01-01 06:00:00", "last": "2013-02-26 18:00:00"}
    assert [entry.rsplit("-", 1)[0] for entry in facts["raw"]] == [
        "post/parcels/2013-01/base",
        "post/parcels/2013-02/base",
    ]
    assert {result["model"] for result in facts["dbt_results"]} == {"postings", "toy"}
    assert "timestamp '2013-03-01 00:00:00'" in training_set.published.file("sql/toy.sql").read_text()
    assert "read_parquet('RAW/post/parcels" in training_set.published.file("sql/postings.sql").read_text()
    assert training_set.published.file(facts["docs"]).is_file()
    assert all(one["passed"] for one in json.loads(training_set.published.file("validation.json").read_text()))


def test_the_same_inputs_give_the_same_version_without_running_dbt(places: Places, project: Path) -> None:
    first = build(places, "toy", MARCH, project)
    (places.warehouse / "shipshape.duckdb").unlink()
    second = build(places, "toy", MARCH, project)
    assert (second.id, second.published.created) == (first.id, False)
    assert not (places.warehouse / "shipshape.duckdb").exists()


def test_other_inputs_with_the_same_rows_make_no_second_version(places: Places, project: Path) -> None:
    first = build(places, "toy", MARCH, project)
    edit(project, "toy.sql", "select\n", "-- every parcel\nSELECT\n")
    post(places.raw, "2013-03")
    second = build(places, "toy", MARCH, project)
    assert (second.id, second.published.created) == (first.id, False)
    assert versions(places.training_sets, "toy") == [first.version]


def test_a_version_that_is_gone_or_damaged_is_not_taken_from_memory(places: Places, project: Path) -> None:
    first = build(places, "toy", MARCH, project)
    first.path.write_bytes(first.path.read_bytes()[:-1] + b"x")
    with pytest.raises(Damaged):
        build(places, "toy", MARCH, project)


def test_a_restated_row_makes_another_version(places: Places, project: Path) -> None:
    first = build(places, "toy", MARCH, project)
    reweigh(places.raw, "2013-01-07", 4000)
    second = build(places, "toy", MARCH, project)
    assert second.version != first.version
    assert second.facts["previous"] == first.id


def test_a_later_version_is_compared_with_the_one_before(places: Places, project: Path) -> None:
    first = build(places, "toy", MARCH, project)
    post(places.raw, "2013-03")
    assert build(places, "toy", APRIL, project).facts["previous"] == first.id


def test_a_failed_dbt_test_publishes_nothing_and_is_named(places: Places, project: Path) -> None:
    edit(project, "_staging.yml", "[small, large]", "[large]")
    said = _refused(places, project, GateClosed)
    assert said.startswith("features.dbt_test_failed: 1 dbt test failed: accepted_values_postings_size__large")
    assert "of postings found 1" in said
    assert said.endswith(", e.g. small/56.")


def test_a_failed_dbt_test_written_in_sql_is_named_with_what_it_reads(places: Places, project: Path) -> None:
    (project / "tests").mkdir()
    (project / "tests" / "no_small_one.sql").write_text("select size from {{ ref('postings') }} where size = 'small'\n")
    said = _refused(places, project, GateClosed)
    assert said.startswith("features.dbt_test_failed: 1 dbt test failed: no_small_one of postings found ")
    assert said.endswith(", e.g. small, small, small, small, small.")


def test_a_dbt_test_that_cannot_run_is_no_pass(places: Places, project: Path) -> None:
    edit(project, "_staging.yml", "name: size", "name: zork")
    assert _refused(places, project, CannotJudge).startswith("features.dbt_test_errored: dbt test accepted_values")


def test_wrong_sql_is_refused_with_the_words_of_dbt_and_the_file(places: Places, project: Path) -> None:
    edit(project, "postings.sql", "known_at", "unknown_at")
    said = _refused(places, project, BadInput)
    assert said.startswith("features.dbt_failed: dbt stopped at models/staging/postings.sql")
    assert "column unknown_at not found" in said


def test_a_project_that_does_not_parse_is_refused(places: Places, project: Path) -> None:
    edit(project, "toy.sql", "ref('postings')", "ref('posting')")
    assert "depends on a node named 'posting' which was not found" in _refused(places, project, BadInput)


def _with_a_feature_model(project: Path) -> None:
    """As in the real project: a feature model, columns listed by the YAML, and the test that all are described."""
    (project / "models" / "features").mkdir()
    feature = "select parcel, weight_g * 2 as twice_g from {{ ref('postings') }}"
    (project / "models" / "features" / "doubled.sql").write_text(feature)
    for real in ("macros/contract.sql", "tests/generic/every_feature_is_described.sql"):
        (project / real).parent.mkdir(parents=True)
        shutil.copy(PROJECT / real, project / real)
    sql = next(project.rglob("toy.sql")).read_text()
    edit(project, "toy.sql", "using (parcel)", "using (parcel)\nleft join {{ ref('doubled') }} using (parcel)")
    edit(project, "toy.sql", sql[: sql.index("from")], f"with joined as ({sql[: sql.index('from')]}, twice_g ")
    sql = next(project.rglob("toy.sql")).read_text()
    edit(project, "toy.sql", sql, sql.rstrip() + ")\nselect {{ contract_columns() }} from joined\n")
    edit(project, "toy.yml", "    columns:", "    data_tests: [every_feature_is_described]\n    columns:")


def test_a_column_of_the_sql_that_no_yaml_describes_is_refused_with_the_yaml_to_write(
    places: Places, project: Path
) -> None:
    _with_a_feature_model(project)
    with pytest.raises(GateClosed, match="every_feature_is_described_toy_ of toy found 1") as refusal:
        build(places, "toy", MARCH, project)
    assert refusal.value.next_step == (
        "Describe it in project/models/training_sets/toy.yml, or take it out of the feature's SQL."
    )


def test_a_column_of_the_yaml_that_no_sql_has_is_refused_with_the_yaml_to_correct(
    places: Places, project: Path
) -> None:
    _with_a_feature_model(project)
    edit(project, "toy.yml", "name: weight_kg", "name: wait_kg")
    with pytest.raises(BadInput, match=r"dbt stopped at models/training_sets/toy\.sql") as refusal:
        build(places, "toy", MARCH, project)
    assert refusal.value.next_step.startswith("If wait_kg is a column of project/models/training_sets/toy.yml, correct")


def test_sql_that_breaks_the_contract_is_refused_by_dbt(places: Places, project: Path) -> None:
    edit(project, "toy.sql", "postings.weight_g,", "postings.weight_g::double as weight_g,")
    assert "weight_g" in _refused(places, project, BadInput)


def test_bad_rows_publish_nothing_and_leave_their_data_docs(places: Places, project: Path) -> None:
    edit(project, "toy.yml", "bounds: [0, 5000]", "bounds: [0, 150]")
    said = _refused(places, project, GateClosed)
    assert "weight_g: 100 to 155, 6 of 108 rows (5.56%) beyond" in said
    assert "wanted 0 to 150, e.g. 2013-01-51, 2013-01-52" in said
    [docs] = (places.home / "validation" / "toy").glob("2013-03-01.*/docs/index.html")
    assert docs.is_file()


def test_an_empty_set_cannot_be_judged(places: Places, project: Path) -> None:
    early = datetime.fromisoformat("2012-01-01")
    assert _refused(places, project, CannotJudge, early).startswith("validation.nothing_to_check")


def test_nothing_landed_is_refused_before_dbt_runs(tmp_path: Path, places: Places, project: Path) -> None:
    empty = places.model_copy(update={"raw": str(tmp_path / "nothing")})
    assert _refused(empty, project, Missing).startswith("features.nothing_landed")


@pytest.mark.parametrize("as_of", ["2013-03-01 00:01", "2013-04-01"])
def test_an_as_of_beyond_what_landed_is_refused_with_the_month_to_land(
    places: Places, project: Path, as_of: str
) -> None:
    said = _refused(places, project, BadInput, datetime.fromisoformat(as_of))
    assert said.startswith("features.not_landed")
    assert "post without a gap until 2013-03-01" in said


def test_a_month_missing_in_the_middle_is_refused_with_the_month_to_land(places: Places, project: Path) -> None:
    post(places.raw, "2013-04")
    with pytest.raises(BadInput, match="until 2013-03-01") as refusal:
        build(places, "toy", datetime.fromisoformat("2013-05-01"), project)
    assert refusal.value.next_step == "Land 2013-03: python -m ingestion land --source post --month 2013-03"


def test_a_disk_that_is_full_while_dbt_runs_can_be_tried_again(places: Places, project: Path) -> None:
    full = "error('IO Error: Could not write file: No space left on device')"
    edit(project, "toy.sql", "postings.weight_g,", f"{full}::integer as weight_g,")
    assert _refused(places, project, Unavailable).startswith("publish.no_place: ")


def test_a_home_that_is_a_file_is_refused_by_name(tmp_path: Path, project: Path) -> None:
    (tmp_path / "file").write_text("")
    said = _refused(read_places({"PIPELINE_HOME": str(tmp_path / "file")}), project, BadInput)
    assert said.startswith(f"place.invalid: {tmp_path}/file is no place")


def test_a_damaged_raw_file_is_refused_before_dbt_runs(places: Places, project: Path) -> None:
    file = next(Path(places.raw).rglob("posting.parquet"))
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    assert "posting.parquet" in _refused(places, project, Damaged)


def test_raw_partitions_in_an_object_store_are_refused_with_what_to_do(places: Places, project: Path) -> None:
    remote = places.model_copy(update={"raw": "memory://raw"})
    assert "local folder" in _refused(remote, project, BadInput)


def test_a_raw_folder_without_a_manifest_is_refused_before_dbt_reads_its_rows(places: Places, project: Path) -> None:
    next(Path(places.raw).rglob("2013-02/*/manifest.json")).unlink()
    said = _refused(places, project, Damaged)
    assert said.startswith("raw.unpublished")
    assert "2013-02" in said


def test_a_warehouse_that_another_program_has_open_can_be_tried_again(places: Places, project: Path) -> None:
    places.warehouse.mkdir(parents=True)
    opened = f"import duckdb; c = duckdb.connect('{places.warehouse}/shipshape.duckdb'); print(1, flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", opened], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout and other.stdout.readline() == b"1\n"
        said = _refused(places, project, Unavailable)
        other.communicate(b"\n")
    assert said.startswith("features.warehouse_in_use")


def test_rows_that_land_during_a_build_stop_it(places: Places, project: Path) -> None:
    def land_once_dbt_runs() -> None:
        while not (places.warehouse / "dbt" / "dbt.log").exists():
            time.sleep(0.01)
        post(places.raw, "2013-03")

    with ThreadPoolExecutor() as other:
        landing = other.submit(land_once_dbt_runs)
        assert _refused(places, project, Unavailable).startswith("features.inputs_moved")
        landing.result()


def test_an_interrupt_while_dbt_runs_is_told_as_one_and_publishes_nothing(places: Places, project: Path) -> None:
    lasting = "(select max(md5(range::varchar)) from range(3000000))"
    edit(project, "toy.sql", "postings.weight_g,", f"postings.weight_g + length({lasting})::integer as weight_g,")
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def interrupt_once_dbt_computes() -> None:
        log = places.warehouse / "dbt" / "dbt.log"
        for _ in range(6000):
            if log.exists() and "START sql table model main.toy" in log.read_text():
                os.kill(os.getpid(), signal.SIGINT)
                return
            time.sleep(0.01)

    with ThreadPoolExecutor() as other:
        other.submit(interrupt_once_dbt_computes)
        try:
            said = _refused(places, project, Interrupted)
        finally:
            signal.signal(signal.SIGINT, before)
    assert said.startswith("features.interrupted: dbt was interrupted (KeyboardInterrupt)")


def test_what_a_killed_build_left_is_not_published(places: Places, project: Path) -> None:
    left = places.warehouse / "staged" / "sql" / "left.sql"
    left.parent.mkdir(parents=True)
    left.write_text("select 1")
    assert "sql/left.sql" not in build(places, "toy", MARCH, project).published.files


def test_an_unknown_training_set_is_refused_with_the_known_ones(places: Places, project: Path) -> None:
    with pytest.raises(BadInput, match="known are toy"):
        build(places, "tay", MARCH, project)
