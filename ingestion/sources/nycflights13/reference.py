"""Airports, airlines and planes: tables that are read whole each month, and known before it begins."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.quarantine import set_aside
from ingestion.source import TableOfMonth
from ingestion.sources.nycflights13.clocks import is_zone
from ingestion.sources.nycflights13.files import Files
from ingestion.strict_csv import Column, Rows

_TEXT, _NUMBER, _REAL = Column(pa.string()), Column(pa.int32()), Column(pa.float64())
_TEXT_OR_NONE, _NUMBER_OR_NONE = Column(pa.string(), nullable=True), Column(pa.int32(), nullable=True)


@dataclass(frozen=True)
class Reference:
    """A file, its columns, the rules that give a row a `reason`, and the fact that its other rows become."""

    file: str
    columns: Mapping[str, Column]
    rules: str
    fact: str
    select: str


AIRPORTS = Reference(
    file="airports.csv",
    columns={
        "faa": _TEXT,
        "name": _TEXT,
        "lat": _REAL,
        "lon": _REAL,
        "alt": _NUMBER,
        "tz": _NUMBER,
        "dst": _TEXT,
        "tzone": _TEXT_OR_NONE,
    },
    rules="""
        select
            *,
            case
                when count(*) over (partition by faa) > 1 then 'duplicate_key'
                when tzone is null or tzone not in (select time_zone from zones) then 'time_zone_unknown'
                when not (lat between -90 and 90 and lon between -180 and 180) then 'position_impossible'
            end as reason
        from source_rows
    """,
    fact="airport",
    select="""
        with landed as (
            select *, false as is_supplement from judged where reason is null
            union all by name
            select *, true as is_supplement from supplement where faa not in (select faa from source_rows)
        )
        select
            faa as airport, known_at, name as airport_name, lat as latitude, lon as longitude, alt as altitude_ft,
            tzone as time_zone, is_supplement
        from landed cross join month
    """,
)
AIRLINES = Reference(
    file="airlines.csv",
    columns={"carrier": _TEXT, "name": _TEXT},
    rules="""
        select *, case when count(*) over (partition by carrier) > 1 then 'duplicate_key' end as reason
        from source_rows
    """,
    fact="airline",
    select="""
        select carrier, known_at, name as airline_name from judged cross join month where reason is null
    """,
)
PLANES = Reference(
    file="planes.csv",
    columns={
        "tailnum": _TEXT,
        "year": _NUMBER_OR_NONE,
        "type": _TEXT,
        "manufacturer": _TEXT,
        "model": _TEXT,
        "engines": _NUMBER,
        "seats": _NUMBER,
        "speed": _NUMBER_OR_NONE,
        "engine": _TEXT,
    },
    rules="""
        select
            *,
            case
                when count(*) over (partition by tailnum) > 1 then 'duplicate_key'
                when year not between 1903 and (select month.year from month) then 'year_impossible'
                when engines < 0 or seats < 0 then 'count_impossible'
            end as reason
        from source_rows
    """,
    fact="plane",
    select="""
        select
            tailnum, known_at, judged.year as manufacture_year, type as plane_type, manufacturer, model, engines, seats,
            engine
        from judged cross join month
        where reason is null
    """,
)

# airports.csv leaves out the Caribbean airports that flights.csv flies to. Positions and altitudes: ourairports.com
# (public domain); zones: the IANA database.
SUPPLEMENT = pa.table(
    {
        "faa": ["SJU", "BQN", "PSE", "STT"],
        "name": [
            "Luis Munoz Marin International Airport",
            "Rafael Hernandez Airport",
            "Mercedita Airport",
            "Cyril E. King Airport",
        ],
        "lat": [18.4394, 18.4949, 18.0083, 18.3373],
        "lon": [-66.0018, -67.1294, -66.563, -64.9734],
        "alt": pa.array([9, 237, 29, 23], pa.int32()),
        "tzone": ["America/Puerto_Rico", "America/Puerto_Rico", "America/Puerto_Rico", "America/St_Thomas"],
    }
)


def read_airports(files: Files) -> TableOfMonth:
    """One `airport` row an airport, the supplement's where the file has none; known 30 days before the month."""
    rows = files.all_rows(AIRPORTS.file, AIRPORTS.columns)
    zones = pa.table({"time_zone": [zone for zone in pc.unique(rows.table["tzone"]).to_pylist() if is_zone(zone)]})
    airports = _table(files, AIRPORTS, rows, {"zones": zones, "supplement": SUPPLEMENT})
    return replace(airports, notes={"supplemented": pc.sum(airports.facts["airport"]["is_supplement"]).as_py()})


def read_airlines(files: Files) -> TableOfMonth:
    """One `airline` row a carrier code, known 30 days before the month."""
    return _table(files, AIRLINES, files.all_rows(AIRLINES.file, AIRLINES.columns), {})


def read_planes(files: Files) -> TableOfMonth:
    """One `plane` row a tail number, known 30 days before the month; `manufacture_year` may be null."""
    return _table(files, PLANES, files.all_rows(PLANES.file, PLANES.columns), {})


def _table(files: Files, reference: Reference, rows: Rows, others: Mapping[str, pa.Table]) -> TableOfMonth:
    known_at = datetime(files.first.year, files.first.month, 1) - timedelta(days=30)  # noqa: DTZ001
    month = pa.table({"known_at": pa.array([known_at], pa.timestamp("us")), "year": [files.first.year]})
    with duckdb.connect() as con:
        for name, table in {**others, "month": month, "source_rows": rows.table}.items():
            con.register(name, table)
        judged = con.sql(reference.rules).to_arrow_table()
        con.register("judged", judged)
        landed = con.sql(reference.select).to_arrow_table()
    return TableOfMonth({reference.fact: landed}, set_aside(reference.file, judged), rows.table.num_rows)
