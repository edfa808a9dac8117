"""A small synthetic training set with a learnable label, published through the real door."""

import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from artifacts.contract import Contract
from artifacts.lookup import upcoming_columns
from artifacts.training_set import TrainingSet, publish_training_set, write_sorted
from artifacts.upcoming import Upcoming, publish_upcoming

AS_OF = datetime.fromisoformat("2013-04-01")
NO_SQL: Mapping[str, str] = {}
PLACES = ("harbour", "hill", "market")


def _feature(name: str, kind: str, **about: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "role": "feature", "description": name, **about}


def make_contract(name: str = "toy", **changes: Any) -> Contract:
    """Four keys and six features: integer, double with nulls, decimal, boolean, double that says nothing, varchar."""
    keys = [("entity_id", "varchar", "entity"), ("observed_at", "timestamp", "observed_at")]
    keys += [("is_late", "boolean", "label"), ("label_known_at", "timestamp", "label_known_at")]
    columns = [{"name": n, "type": t, "role": r, "description": n} for n, t, r in keys]
    columns += [
        _feature("hour", "integer", unit="hours", bounds=[0, 23]),
        _feature("delay_mean", "double", unit="minutes", bounds=[-60, 600], null_share=0.3),
        _feature("load", "decimal(9,3)", unit="tonnes", bounds=[0, 100]),
        _feature("is_holiday", "boolean"),
        _feature("noise", "double", unit="none", bounds=[-10, 10]),
        _feature("place", "varchar", categories=list(PLACES)),
    ]
    limits = {
        "label_rate": [0.05, 0.6],
        "newest_within_days": 3,
        "min_rows": 100,
        "row_growth": [0.5, 2],
        "gap_days": 1,
    }
    return Contract.from_dict({"name": name, "columns": columns, **limits, **changes})


def make_rows(contract: Contract, as_of: datetime = AS_OF, days: int = 90, rows: int = 3000, seed: int = 7) -> pa.Table:
    """Rows in key order over the `days` before `as_of`; the log-odds of the label are linear in all but `noise`."""
    random = np.random.default_rng(seed)
    minutes = np.sort(random.choice(days * 1440 - 1440, size=rows, replace=False)) + 1
    start = as_of - timedelta(days=days)
    observed = [start + timedelta(minutes=int(minute)) for minute in minutes]
    hour, delay = random.integers(0, 24, rows), np.round(random.gamma(2.0, 10.0, rows), 1)
    load, holiday = random.integers(0, 100_000, rows), random.random(rows) < 0.1
    place = random.choice(len(PLACES), rows, p=[0.5, 0.3, 0.2])
    log_odds = -4.2 + 0.09 * hour + 0.05 * delay + 0.00001 * load + 0.8 * holiday + 0.7 * place
    values = {
        "entity_id": [f"e{number:06d}" for number in range(rows)],
        "observed_at": pa.array(observed, pa.timestamp("us")),
        "is_late": random.random(rows) < 1 / (1 + np.exp(-log_odds)),
        "label_known_at": pa.array([moment + timedelta(hours=20) for moment in observed], pa.timestamp("us")),
        "hour": hour.astype(np.int32),
        "delay_mean": pa.array(delay, mask=random.random(rows) < 0.1),
        "load": pa.array([f"{grams // 1000}.{grams % 1000:03d}" for grams in load]).cast(pa.decimal128(9, 3)),
        "is_holiday": holiday,
        "noise": np.round(np.clip(random.normal(size=rows), -9, 9), 3),
        "place": [PLACES[number] for number in place],
    }
    return pa.table({name: values[name] for name in contract.arrow_schema().names}, schema=contract.arrow_schema())


def make_training_set(
    root: str | Path, name: str = "toy", as_of: datetime = AS_OF, *, days: int = 90, rows: int = 3000, seed: int = 7
) -> TrainingSet:
    """Publish `make_rows` under `root`, the folder of training sets; another seed is another version."""
    contract = make_contract(name)
    return publish_table(root, contract, as_of, make_rows(contract, as_of, days, rows, seed))


def publish_table(
    root: str | Path, contract: Contract, as_of: datetime, table: pa.Table, sql: Mapping[str, str] = NO_SQL
) -> TrainingSet:
    """Publish `table`, in key order, as a version of `contract`'s training set; `sql` by model made it."""
    with tempfile.TemporaryDirectory() as staged:
        write_sorted(table.to_batches(), contract, Path(staged) / "data.parquet")
        for name, text in sql.items():
            (Path(staged) / "sql").mkdir(exist_ok=True)
            (Path(staged) / "sql" / f"{name}.sql").write_text(text)
        return publish_training_set(str(root), contract, as_of, Path(staged), {})


LOOKUP: list[Any] = [
    "place",
    {"name": "number", "type": "integer", "description": "The number of it."},
    {"name": "starts_at", "type": "timestamp", "description": "When it starts (UTC)."},
]


def make_upcoming_rows(as_of: datetime, rows: int, **changes: Any) -> pa.Table:
    """Rows of a contract with `LOOKUP`, half an hour apart and ending before `as_of`, in key order."""
    contract = make_contract(upcoming={"within_days": 2, "lookup": LOOKUP}, **changes)
    table = make_rows(contract, as_of, days=90, rows=max(rows, 1), seed=11).slice(0, rows)
    observed = [as_of - timedelta(minutes=30 * (rows - number)) for number in range(rows)]
    columns = upcoming_columns(contract)
    values = {name: table.column(name) for name in table.column_names}
    values["observed_at"] = pa.array(observed, pa.timestamp("us"))
    values["number"] = pa.array(range(rows), pa.int32())
    values["starts_at"] = pa.array([moment + timedelta(hours=2) for moment in observed], pa.timestamp("us"))
    names = columns.arrow_schema().names
    return pa.table({name: values[name] for name in names}, schema=columns.arrow_schema())


def publish_upcoming_table(
    root: str | Path, table: pa.Table, as_of: datetime, created_at: str | None = None, **changes: Any
) -> Upcoming:
    """Publish `table` as upcoming rows of the toy contract, made now unless `created_at` says when."""
    contract = make_contract(upcoming={"within_days": 2, "lookup": LOOKUP}, **changes)
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(sep=" ", timespec="seconds")
    with tempfile.TemporaryDirectory() as staged:
        write_sorted(table.to_batches(), upcoming_columns(contract), Path(staged) / "data.parquet")
        return publish_upcoming(str(root), contract, as_of, Path(staged), {"created_at": created_at or now})
