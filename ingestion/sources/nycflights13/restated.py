"""What names a row of a correction, and what none can say: known too early, or what landing would set aside."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from artifacts.raw import Key
from ingestion.source import FactKey
from ingestion.sources.nycflights13.clocks import is_zone

MEASURES = (
    *("temp_f", "dew_point_f", "humidity_pct", "wind_dir_deg", "wind_speed_mph"),
    *("wind_gust_mph", "precip_in", "pressure_hpa", "visibility_miles"),
)

# What names a row of each fact, as in the staging models; of a flight only what its schedule is there for.
KEYS = {
    ("flights", "schedule"): FactKey(("flight_id",), of="schedule", nullable=("tailnum",)),
    ("flights", "departure"): FactKey(("flight_id",), of="schedule"),
    ("flights", "arrival"): FactKey(("flight_id",), of="schedule", nullable=("air_time_minutes",)),
    ("flights", "cancellation"): FactKey(("flight_id",), of="schedule"),
    ("weather", "observation"): FactKey(("origin", "observed_hour_at"), nullable=MEASURES),
    ("planes", "plane"): FactKey(("tailnum",), nullable=("manufacture_year",)),
    ("airlines", "airline"): FactKey(("carrier",)),
    ("airports", "airport"): FactKey(("airport",)),
}


def _known(name: str) -> str:
    return (
        f"when {name} > known_at then format('{name} is {{}}, wanted up to {{}}, when it was known', {name}, known_at)"
    )


def _within(name: str, low: int, high: int | str) -> str:
    return (
        f"when {name} not between {low} and {high} then format('{name} is {{}}, wanted {low} to {{}}', {name}, {high})"
    )


def _one_of(name: str, *values: str) -> str:
    told = ", ".join(f"'{value}'" for value in values)
    return f"when {name} not in ({told}) then format('{name} is {{}}, wanted one of {', '.join(values)}', {name})"


# The bounds are those of landing: flights.sql, of which restated.sql holds the most, weather.py and reference.py.
_OF_FLIGHT = "when contradicts is not null then contradicts"
_RULES = {
    ("flights", "schedule"): (_OF_FLIGHT,),
    ("flights", "departure"): (_known("departed_at"), _OF_FLIGHT),
    ("flights", "arrival"): (_known("arrived_at"), _OF_FLIGHT),
    ("weather", "observation"): (
        _known("observed_hour_at"),
        _one_of("origin", "EWR", "JFK", "LGA"),
        *(_within(name, -130, 140) for name in ("temp_f", "dew_point_f")),
        *(_within("humidity_pct", 0, 100), _within("wind_dir_deg", 0, 360)),
        *(_within(name, 0, 260) for name in ("wind_speed_mph", "wind_gust_mph")),
        *(_within("precip_in", 0, 15), _within("pressure_hpa", 850, 1100), _within("visibility_miles", 0, 100)),
    ),
    ("planes", "plane"): (
        _within("manufacture_year", 1903, "cast($period[:4] as integer)"),
        *(f"when {name} < 0 then format('{name} is {{}}, wanted 0 or more', {name})" for name in ("engines", "seats")),
    ),
    ("airports", "airport"): (
        "when time_zone not in (select time_zone from zones)"
        " then format('time_zone is {}, wanted one of the IANA database', time_zone)",
        *(_within("latitude", -90, 90), _within("longitude", -180, 180)),
    ),
}
_READ_BY_FLIGHTS = {
    **{"schedule": "flights", "departure": "flights", "arrival": "flights"},
    **{"airport": "airports", "airline": "airlines"},
}
_FLIGHTS = Path(__file__).with_name("restated.sql")
_JUDGED = """
with first_known as (
    select {key}, min(known_at) as first_known_at
    from landed
    where revision like 'base-%'
    group by all
),

judged as (
    select
        line,
        case
            {rules}
            when known_at <= first_known_at
                then format('known_at is {{}}, wanted after {{}}, that of the row there', known_at, first_known_at)
        end as impossible
    from restated
    left join first_known using ({key})
    {flights}
    where $period is not null
)

select * from judged where impossible is not null
"""


def why_impossible(key: Key, fact: str, rows: pa.Table, there: Callable[[str, str], pa.Table]) -> pa.Table:
    """The `line` of each of a fact's `rows` that cannot be, and what is `impossible` about it; see `Source`.

    A flight's row is held against the other facts of that flight as they are known at the moment of the correction.
    """
    of_flight = _OF_FLIGHT in (rules := _RULES.get((key.table, fact), ()))
    judged = _JUDGED.format(
        key=", ".join(KEYS[key.table, fact].columns),
        rules="\n            ".join(rules),
        flights="left join flights using (flight_id)" if of_flight else "",
    )
    with duckdb.connect() as con:
        con.register("restated", rows)
        con.register("landed", there(key.table, fact))
        if of_flight:
            for name, table in _READ_BY_FLIGHTS.items():
                con.register(name, there(table, name))
            con.execute(_FLIGHTS.read_text(), {"moment": pc.max(rows["known_at"]).as_py()})
        if fact == "airport":
            zones = [zone for zone in pc.unique(rows["time_zone"]).to_pylist() if is_zone(zone)]
            con.register("zones", pa.table({"time_zone": pa.array(zones, pa.string())}))
        return con.sql(judged, params={"period": key.period}).to_arrow_table()
