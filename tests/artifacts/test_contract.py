"""The contract: read from the dbt YAML, and refused with file, column and key when something is amiss."""

from pathlib import Path

import pyarrow as pa
import pytest

from artifacts.contract import Contract
from artifacts.contract_file import read_contract
from artifacts.errors import BadInput

YAML = """
models:
  - name: toy
    description: one row per parcel
    config:
      contract: {enforced: true}
      meta: {label_rate: [0.05, 0.5], newest_within_days: 3, min_rows: 10, row_growth: [0.9, 1.5], gap_days: 2}
    columns:
      - {name: parcel, data_type: varchar, description: its number, config: {meta: {role: entity}}}
      - {name: observed_at, data_type: timestamp, description: when asked, config: {meta: {role: observed_at}}}
      - {name: is_lost, data_type: boolean, description: the outcome, config: {meta: {role: label}}}
      - {name: lost_known_at, data_type: timestamp, description: when known, config: {meta: {role: label_known_at}}}
      - name: weight
        data_type: decimal(9, 3)
        description: on the scales
        config: {meta: {role: feature, unit: kg, bounds: [0, null], null_share: 0.1}}
      - name: size
        data_type: VARCHAR
        description: of the box
        config: {meta: {role: feature, categories: [small, large]}}
"""


def _write(folder: Path, text: str = YAML) -> Path:
    (folder / "training_sets").mkdir()
    (folder / "training_sets" / "toy.yml").write_text(text)
    return folder


def test_columns_come_in_the_order_of_the_yaml_with_their_roles(tmp_path: Path) -> None:
    contract = read_contract(_write(tmp_path), "toy")
    assert contract.entity == ("parcel",)
    assert (contract.observed_at, contract.label, contract.label_known_at) == (
        "observed_at",
        "is_lost",
        "lost_known_at",
    )
    assert [column.name for column in contract.features] == ["weight", "size"]
    assert contract.column("weight").bounds == (0, None)
    assert contract.column("size").categories == ("small", "large")
    assert contract.arrow_schema().field("weight").type == pa.decimal128(9, 3)


def test_a_contract_survives_being_written_and_read(tmp_path: Path) -> None:
    contract = read_contract(_write(tmp_path), "toy")
    assert Contract.from_dict(contract.to_dict()) == contract


def test_the_digest_follows_all_but_the_descriptions(tmp_path: Path) -> None:
    digest = read_contract(_write(tmp_path), "toy").digest()
    path = tmp_path / "training_sets" / "toy.yml"
    for old, new, same in [
        ("on the scales", "in a balance", True),
        ("unit: kg", "unit: g", False),
        ("[0, null]", "[0, 90]", False),
        ("null_share: 0.1", "null_share: 0.2", False),
        ("[small, large]", "[small, huge]", False),
        ("decimal(9, 3)", "double", False),
        ("gap_days: 2", "gap_days: 3", False),
    ]:
        path.write_text(YAML.replace(old, new))
        assert (read_contract(tmp_path, "toy").digest() == digest) is same, new


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("role: label}", "role: lable}", "'is_lost': role: "),
        ("role: label}", "unit: x}", "'is_lost': role: Field required"),
        ("unit: kg", "unit: kg, zork: 1", "'weight': zork: Extra"),
        (", bounds: [0, null]", "", "'weight': bounds: a numeric feature"),
        ("[0, null]", "[0, .inf]", "'weight': bounds: an open end is null"),
        ("[0, null]", "[5, 3]", "'weight': bounds: 5.0 is above 3.0"),
        ("unit: kg, ", "", "'weight': unit: "),
        ("null_share: 0.1", "null_share: 1.5", "'weight': null_share: "),
        ("decimal(9, 3)", "text", "'weight': data_type: 'text' is none of varchar"),
        ("decimal(9, 3)", "decimal(3, 9)", "'weight': data_type: "),
        ("decimal(9, 3)", "timestamp", "'weight': data_type: 'timestamp' cannot have the role 'feature'"),
        ("data_type: boolean", "data_type: integer", "'is_lost': data_type: "),
        (", categories: [small, large]", "", "'size': categories: "),
        ("[small, large]", "some", "'size': categories"),
        ("on the scales", "''", "'weight': description"),
        ("role: observed_at}", "role: observed_at, null_share: 0.1}", "'observed_at': null_share"),
        ("name: size", "name: weight", "'weight' is described twice"),
        ("role: entity", "role: feature, categories: any", "'entity'"),
        ("role: label_known_at", "role: observed_at", "2 columns have the role 'observed_at'"),
        (", gap_days: 2", "", "gap_days: Field required"),
        ("[0.05, 0.5]", "[0.5, 0.05]", "label_rate: "),
        ("min_rows: 10", "min_rows: 0", "min_rows at least 1"),
        ("min_rows: 10", "min_row: 10", "min_row"),
        ("enforced: true", "enforced: false", "contract.enforced"),
        ("models:", "models: [", "is not YAML"),
        ("[0.05, 0.5]", "2013-13-01", "is not YAML: month must be in 1..12"),
        ("unit: kg", "unit: kg, zork: 2013-02-30", "is not YAML"),
        ("    columns:", "    columns: 3\n    other:", "columns: wanted a list of mappings (got 3)"),
        ("    columns:", "    columns: [a]\n    other:", "columns: wanted a list of mappings (got ['a'])"),
        ("models:", "models: 3\nother:", "models: wanted a list of mappings (got 3)"),
        ("contract: {enforced: true}", "contract: 3", "contract: wanted a mapping (got 3)"),
        ("config: {meta: {role: entity}}", "config: 3", "config: wanted a mapping (got 3)"),
        ("meta: {role: entity}", "meta: [role]", "meta: wanted a mapping (got ['role'])"),
    ],
)
def test_what_is_amiss_is_named_with_file_column_and_key(tmp_path: Path, old: str, new: str, named: str) -> None:
    with pytest.raises(BadInput) as refusal:
        read_contract(_write(tmp_path, YAML.replace(old, new)), "toy")
    assert refusal.value.code == "contract.invalid"
    assert named in refusal.value.message
    assert "training_sets/toy.yml" in refusal.value.message


def test_an_unknown_training_set_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="known are toy"):
        read_contract(_write(tmp_path), "../toy")


def test_an_unknown_column_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no column 'wieght'; it has parcel"):
        read_contract(_write(tmp_path), "toy").column("wieght")
