"""`as_of` by itself: the end of the last month up to which every source landed whole."""

from datetime import datetime

import pyarrow as pa
import pytest

from artifacts.errors import BadInput, Missing
from artifacts.landed import declared_sources, landed_since, landed_until
from artifacts.raw import Key, correct, land, partitions

ROWS = pa.table({"id": ["a"], "known_at": pa.array([datetime(2013, 1, 1)], pa.timestamp("us"))})


def land_all(root, *months, source="shop", tables=("orders",), of=("orders",)):
    for month in months:
        for table in tables:
            land(str(root), Key(source, table, month), {"row": ROWS}, None, {"tables": list(of)})


def test_it_is_the_end_of_the_last_month_without_a_gap(tmp_path):
    land_all(tmp_path, "2013-01", "2013-02", "2013-04")
    assert landed_until(str(tmp_path), ["shop"]) == datetime(2013, 3, 1)


def test_the_source_that_is_furthest_behind_decides(tmp_path):
    land_all(tmp_path, "2012-11", "2012-12")
    land_all(tmp_path, "2012-11", source="depot")
    assert landed_until(str(tmp_path), ["shop", "depot"]) == datetime(2012, 12, 1)


def test_a_source_that_no_sql_can_read_holds_nothing_up(tmp_path):
    land_all(tmp_path, "2012-11", "2012-12")
    land_all(tmp_path, "2012-11", source="depot")
    assert landed_until(str(tmp_path), ["shop"]) == datetime(2013, 1, 1)


def test_a_declared_source_of_which_nothing_landed_is_named(tmp_path):
    land_all(tmp_path, "2012-11")
    with pytest.raises(Missing, match="No whole month of depot") as refusal:
        landed_until(str(tmp_path), ["shop", "depot"])
    assert "--source depot" in refusal.value.next_step


def test_the_sources_are_those_that_the_yaml_of_the_dbt_project_declares(tmp_path):
    assert declared_sources() == ["nycflights13"]
    models = tmp_path / "models" / "staging"
    models.mkdir(parents=True)
    (models / "_staging.yml").write_text("version: 2\nsources:\n  - {name: shop}\n  - {name: depot}\n")
    (models / "_other.yml").write_text("# no sources: here\n")
    (models / "_more.yaml").write_text("sources:\n  - {name: farm}\n")
    assert declared_sources(tmp_path) == ["depot", "farm", "shop"]


@pytest.mark.parametrize("text", ["sources: [", "sources: [{nom: shop}]", "sources: shop", "- sources"])
def test_yaml_that_cannot_be_read_is_refused_and_not_passed_over(tmp_path, text):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "_staging.yml").write_text(text)
    with pytest.raises(BadInput, match=r"models/_staging\.yml does not say which sources it declares"):
        declared_sources(tmp_path)


def test_a_month_with_a_table_missing_has_not_landed(tmp_path):
    land_all(tmp_path, "2013-01", of=("orders", "items"))
    with pytest.raises(Missing, match="No whole month of shop"):
        landed_until(str(tmp_path), ["shop"])


def test_a_first_month_that_landed_in_part_is_to_be_landed_again_though_a_later_one_is_whole(tmp_path):
    both = ("orders", "items")
    land_all(tmp_path, "2013-01", of=both)
    land_all(tmp_path, "2013-02", tables=both, of=both)
    with pytest.raises(Missing, match="of 2013-01, which does, tables are missing") as refusal:
        landed_until(str(tmp_path), ["shop"])
    assert refusal.value.next_step.endswith("land --source shop --month 2013-01")
    land_all(tmp_path, "2013-01", tables=both, of=both)
    assert landed_until(str(tmp_path), ["shop"]) == datetime(2013, 3, 1)


def test_nothing_landed_is_refused(tmp_path):
    with pytest.raises(Missing, match="No whole month of any source"):
        landed_until(str(tmp_path), [])


def known(root, source="shop"):
    return [f"{one.key}/{one.revision}" for one in partitions(str(root), source)]


def test_what_landed_since_is_what_a_build_would_read_and_a_set_was_not_made_of(tmp_path):
    land_all(tmp_path, "2013-01")
    before = known(tmp_path)
    assert landed_since(str(tmp_path), before, ["shop"]) == []
    land_all(tmp_path, "2013-02")
    [new] = landed_since(str(tmp_path), before, ["shop"])
    assert new.startswith("shop/orders/2013-02/base-")


def test_a_month_behind_a_gap_and_another_source_are_nothing_new(tmp_path):
    land_all(tmp_path, "2013-01")
    before = known(tmp_path)
    land_all(tmp_path, "2013-03")
    land_all(tmp_path, "2013-01", source="depot")
    assert landed_since(str(tmp_path), before, ["shop"]) == []


def test_a_correction_is_something_new(tmp_path):
    land_all(tmp_path, "2013-01")
    before = known(tmp_path)
    moment = datetime(2013, 2, 9)
    correct(str(tmp_path), Key("shop", "orders", "2013-01"), {"row": ROWS}, moment, {"tables": ["orders"]})
    [new] = landed_since(str(tmp_path), before, ["shop"])
    assert "/correction-" in new
