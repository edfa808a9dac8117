"""Literal raw partitions for the dbt project's tests: a few flights and hours, as the real source lands them."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

MOMENT, TEXT, INT, MEASURE = pa.timestamp("us"), pa.string(), pa.int32(), pa.decimal128(9, 3)
MEASURES = [
    *("temp_f", "dew_point_f", "humidity_pct", "wind_speed_mph"),
    *("wind_gust_mph", "precip_in", "pressure_hpa", "visibility_miles"),
]
SCHEMAS: dict[tuple[str, str], dict[str, pa.DataType]] = {
    ("flights", "schedule"): {
        **dict.fromkeys(["flight_id", "carrier", "origin", "dest", "tailnum"], TEXT),
        **dict.fromkeys(["known_at", "scheduled_departure_at", "scheduled_arrival_at"], MOMENT),
        **dict.fromkeys(["flight_number", "scheduled_local_minute", "distance_miles"], INT),
        "scheduled_local_date": pa.date32(),
    },
    ("flights", "departure"): {
        "flight_id": TEXT, "known_at": MOMENT, "departed_at": MOMENT, "departure_delay_minutes": INT,
    },
    ("flights", "arrival"): {
        "flight_id": TEXT, "known_at": MOMENT, "arrived_at": MOMENT,
        "arrival_delay_minutes": INT, "air_time_minutes": INT,
    },
    ("flights", "cancellation"): {"flight_id": TEXT, "known_at": MOMENT, "outcome": TEXT},
    ("weather", "observation"): {
        "origin": TEXT, "observed_hour_at": MOMENT, "known_at": MOMENT, "wind_dir_deg": INT,
        **dict.fromkeys(MEASURES, MEASURE),
    },
    ("planes", "plane"): {
        **dict.fromkeys(["tailnum", "plane_type", "manufacturer", "model", "engine"], TEXT),
        **dict.fromkeys(["manufacture_year", "engines", "seats"], INT), "known_at": MOMENT,
    },
    ("airlines", "airline"): {"carrier": TEXT, "known_at": MOMENT, "airline_name": TEXT},
    ("airports", "airport"): {
        "airport": TEXT, "known_at": MOMENT, "airport_name": TEXT, "latitude": pa.float64(), "longitude": pa.float64(),
        "altitude_ft": INT, "time_zone": TEXT, "is_supplement": pa.bool_(),
    },
}  # fmt: skip
Rows = list[dict[str, Any]]
Facts = dict[tuple[str, str], Rows]


def at(text: str) -> datetime:
    """`2013-01-05 14:30`, a moment in UTC."""
    return datetime.fromisoformat(text)


@dataclass(frozen=True)
class Flight:
    """One flight, scheduled at a UTC minute; minutes late are null when it never left or never landed."""

    scheduled: str
    departure_delay: int | None = 0
    arrival_delay: int | None = 0
    origin: str = "EWR"
    carrier: str = "UA"
    number: int = 1
    dest: str = "ORD"
    tailnum: str | None = "N1"

    @property
    def flight_id(self) -> str:
        return f"{self.origin}-{self.carrier}-{self.number}-{at(self.scheduled):%Y-%m-%dT%H:%M}"

    @property
    def period(self) -> str:
        return f"{at(self.scheduled) - timedelta(hours=5):%Y-%m}"


def facts_of(flights: Iterable[Flight]) -> Facts:
    """The four kinds of fact that flights give, each known when the real source would know it."""
    facts: Facts = {key: [] for key in SCHEMAS if key[0] == "flights"}
    for each in flights:
        leaves, lands = at(each.scheduled), at(each.scheduled) + timedelta(hours=3)
        local = leaves - timedelta(hours=5)
        facts["flights", "schedule"].append({
            "flight_id": each.flight_id, "known_at": leaves - timedelta(days=30), "carrier": each.carrier,
            "flight_number": each.number, "origin": each.origin, "dest": each.dest, "tailnum": each.tailnum,
            "scheduled_departure_at": leaves, "scheduled_arrival_at": lands, "scheduled_local_date": local.date(),
            "scheduled_local_minute": local.hour * 60 + local.minute, "distance_miles": 700,
        })  # fmt: skip
        if each.departure_delay is not None:
            left = leaves + timedelta(minutes=each.departure_delay)
            facts["flights", "departure"].append({
                "flight_id": each.flight_id, "known_at": left, "departed_at": left,
                "departure_delay_minutes": each.departure_delay,
            })  # fmt: skip
        if each.arrival_delay is not None and each.departure_delay is not None:
            landed = lands + timedelta(minutes=each.arrival_delay)
            facts["flights", "arrival"].append({
                "flight_id": each.flight_id, "known_at": landed, "arrived_at": landed,
                "arrival_delay_minutes": each.arrival_delay, "air_time_minutes": 150,
            })  # fmt: skip
        else:
            outcome = "cancelled" if each.departure_delay is None else "diverted"
            facts["flights", "cancellation"].append({
                "flight_id": each.flight_id, "known_at": leaves + timedelta(days=1), "outcome": outcome,
            })  # fmt: skip
    return facts


def surroundings(period: str) -> Facts:
    """A month's reference tables, and weather at EWR every six hours with a temperature that tells the hour."""
    first = at(f"{period}-01")
    known = {"known_at": first - timedelta(days=30)}
    hours = [
        first + timedelta(hours=6 * n) for n in range(31 * 4) if (first + timedelta(hours=6 * n)).month == first.month
    ]
    plane = {"tailnum": "N1", "manufacture_year": 2000, "plane_type": "Fixed wing multi engine", "model": "737"}
    maker = {"manufacturer": "BOEING", "engines": 2, "seats": 150, "engine": "Turbo-fan"}
    place = {"latitude": 40.0, "longitude": -74.0, "altitude_ft": 18, "is_supplement": False}
    zones = {"EWR": "America/New_York", "ORD": "America/Chicago"}
    return {
        ("planes", "plane"): [{**known, **plane, **maker}],
        ("airlines", "airline"): [{**known, "carrier": "UA", "airline_name": "United"}],
        ("airports", "airport"): [
            {**known, **place, "airport": code, "airport_name": code, "time_zone": zone} for code, zone in zones.items()
        ],
        ("weather", "observation"): [
            {"origin": "EWR", "observed_hour_at": hour, "known_at": hour + timedelta(hours=1), "wind_dir_deg": 180}
            | dict.fromkeys(MEASURES, Decimal(hour.hour))
            for hour in hours
        ],
    }


def land(
    raw: Path, period: str, facts: Mapping[tuple[str, str], Rows | pa.Table], known_at: datetime | None = None
) -> None:
    """Write one period's facts where the real landing would, as a base or, with `known_at`, as a correction."""
    for table in {table for table, _ in facts}:
        mine = {fact: rows for (of, fact), rows in facts.items() if of == table}
        if known_at is not None:
            mine = {fact: [{**row, "known_at": known_at} for row in rows] for fact, rows in mine.items()}
        digest = hashlib.sha256(repr(sorted(mine.items())).encode()).hexdigest()[:12]
        revision = f"base-{digest}" if known_at is None else f"correction-{known_at:%Y-%m}-{digest}"
        folder = raw / "nycflights13" / table / period / revision
        folder.mkdir(parents=True)
        for fact, rows in mine.items():
            schema = pa.schema(list(SCHEMAS[table, fact].items()))
            given = (
                rows.select(schema.names).cast(schema)
                if isinstance(rows, pa.Table)
                else pa.Table.from_pylist(rows, schema)
            )
            pq.write_table(given, folder / f"{fact}.parquet")


def land_many(raw: Path, period: str, rows: int) -> None:
    """Land so many flights of a month, from three origins in 300 aircraft, made by arithmetic: always the same."""
    minutes = f"from range({rows}) select range, to_minutes(cast(hash(range + 1) % 39000 as integer)) as minutes"
    flights = f"""
        select
            'F-{period}-' || range as flight_id, 'N' || range % 300 as tailnum, range % 5000 as flight_number,
            ['AA', 'B6', 'DL', 'EV', 'UA', 'WN'][range % 6 + 1] as carrier,
            ['EWR', 'JFK', 'LGA'][range % 3 + 1] as origin, ['ORD', 'LAX', 'ATL', 'SJU'][range % 4 + 1] as dest,
            timestamp '{period}-01 06:00' + minutes as scheduled_departure_at,
            scheduled_departure_at + interval 3 hour as scheduled_arrival_at,
            cast(scheduled_departure_at as date) as scheduled_local_date,
            600 + range % 800 as scheduled_local_minute, 300 + range % 2000 as distance_miles,
            cast(hash(range) % 97 as integer) - 15 as late, scheduled_departure_at + to_minutes(late) as departed_at
        from ({minutes})"""
    left = "departed_at as known_at, late as departure_delay_minutes"
    landed = "departed_at + interval 3 hour as known_at, known_at as arrived_at, late as arrival_delay_minutes"
    columns = {
        "schedule": "scheduled_departure_at - interval 30 day as known_at",
        "departure": left,
        "arrival": f"{landed}, 150 as air_time_minutes",
        "cancellation": "departed_at + interval 1 day as known_at, 'diverted' as outcome",
    }
    only = {"arrival": "where late < 80", "cancellation": "where late >= 80"}
    with duckdb.connect() as connection:
        facts = {
            ("flights", fact): connection.sql(
                f"select *, {more} from ({flights}) {only.get(fact, '')}"
            ).to_arrow_table()
            for fact, more in columns.items()
        }
    land(raw, period, {**facts, **surroundings(period)})


def land_flights(raw: Path, flights: Iterable[Flight]) -> None:
    """Land flights and what surrounds them, each in its own month."""
    flights = list(flights)
    for period in sorted({each.period for each in flights}):
        mine = [each for each in flights if each.period == period]
        land(raw, period, {**facts_of(mine), **surroundings(period)})
