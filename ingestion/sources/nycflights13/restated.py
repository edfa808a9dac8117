"""What names a row of a correction, and what none can say: known too early, or a delay that landing sets aside."""

import duckdb
import pyarrow as pa

from ingestion.source import FactKey

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
# The bounds of delays are those of flights.sql.
_RULES = {
    ("flights", "departure"): """
        when departed_at > known_at
            then format('departed_at is {}, wanted up to {}, when it was known', departed_at, known_at)
        when departure_delay_minutes not between -240 and 2880
            then format('departure_delay_minutes is {}, wanted -240 to 2880', departure_delay_minutes)
    """,
    ("flights", "arrival"): """
        when arrived_at > known_at
            then format('arrived_at is {}, wanted up to {}, when it was known', arrived_at, known_at)
        when arrival_delay_minutes not between -240 and 2880
            then format('arrival_delay_minutes is {}, wanted -240 to 2880', arrival_delay_minutes)
    """,
    ("weather", "observation"): """
        when observed_hour_at > known_at
            then format('observed_hour_at is {}, wanted up to {}, when it was known', observed_hour_at, known_at)
    """,
}
_JUDGED = """
with first_known as (
    select {key}, min(known_at) as first_known_at
    from landed
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
)

select * from judged where impossible is not null
"""


def why_impossible(table: str, fact: str, rows: pa.Table, landed: pa.Table) -> pa.Table:
    """The `line` of each of a fact's `rows` that cannot correct what `landed`, and what is `impossible` about it."""
    judged = _JUDGED.format(key=", ".join(KEYS[table, fact].columns), rules=_RULES.get((table, fact), ""))
    with duckdb.connect() as con:
        con.register("restated", rows)
        con.register("landed", landed)
        return con.sql(judged).to_arrow_table()
