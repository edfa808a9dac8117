"""Hourly weather at the three origins."""

import duckdb
import pyarrow as pa

from ingestion.quarantine import set_aside
from ingestion.source import TableOfMonth
from ingestion.sources.nycflights13.clocks import NEW_YORK, hours_in_utc
from ingestion.sources.nycflights13.files import Files, refuse_impossible
from ingestion.strict_csv import Column

FILE = "weather.csv"
_NUMBER, _MEASURE = Column(pa.int32()), Column(pa.float64(), nullable=True)
COLUMNS = {
    "origin": Column(pa.string()),
    "year": _NUMBER,
    "month": _NUMBER,
    "day": _NUMBER,
    "hour": _NUMBER,
    "temp": _MEASURE,
    "dewp": _MEASURE,
    "humid": _MEASURE,
    "wind_dir": Column(pa.int32(), nullable=True),
    "wind_speed": _MEASURE,
    "wind_gust": _MEASURE,
    "precip": _MEASURE,
    "pressure": _MEASURE,
    "visib": _MEASURE,
    "time_hour": Column(pa.timestamp("s", "UTC")),
}

_IMPOSSIBLE = """
select
    line,
    format('time_hour {} UTC is not year {} month {} day {} hour {} in New York', time_hour, year, month, day, hour)
        as impossible
from weather
left join new_york on utc_hour_at = time_hour
where
    (year(local_hour_at), month(local_hour_at), day(local_hour_at), hour(local_hour_at))
    is distinct from (year, month, day, hour)
"""
# Bounds: a little beyond the world's records, so that only a broken instrument is outside them.
_RULES = """
select
    *,
    case
        when origin not in ('EWR', 'JFK', 'LGA') then 'origin_elsewhere'
        when count(*) over (partition by origin, time_hour) > 1 then 'duplicate_key'
        when not (coalesce(temp, 0) between -130 and 140 and coalesce(dewp, 0) between -130 and 140)
            then 'temperature_impossible'
        when not coalesce(humid, 0) between 0 and 100 then 'humidity_impossible'
        when not (
            coalesce(wind_dir, 0) between 0 and 360
            and coalesce(wind_speed, 0) between 0 and 260
            and coalesce(wind_gust, 0) between 0 and 260
        ) then 'wind_impossible'
        when not coalesce(precip, 0) between 0 and 15 then 'precipitation_impossible'
        when not coalesce(pressure, 1000) between 850 and 1100 then 'pressure_impossible'
        when not coalesce(visib, 0) between 0 and 100 then 'visibility_impossible'
    end as reason
from weather
"""
_OBSERVATION = """
select
    origin,
    time_hour as observed_hour_at,
    time_hour + interval 1 hour as known_at,
    cast(temp as decimal(9, 3)) as temp_f,
    cast(dewp as decimal(9, 3)) as dew_point_f,
    cast(humid as decimal(9, 3)) as humidity_pct,
    wind_dir as wind_dir_deg,
    cast(wind_speed as decimal(9, 3)) as wind_speed_mph,
    cast(wind_gust as decimal(9, 3)) as wind_gust_mph,
    cast(precip as decimal(9, 3)) as precip_in,
    cast(pressure as decimal(9, 3)) as pressure_hpa,
    cast(visib as decimal(9, 3)) as visibility_miles
from rules
where reason is null
"""


def read_weather(files: Files) -> TableOfMonth:
    """One `observation` row an origin and hour (UTC), known one hour after `observed_hour_at`.

    A row of another airport, or with a measure that no weather can have, is set aside; so is every row of an hour that
    comes twice.
    """
    rows = files.rows_of_month(FILE, COLUMNS)
    with duckdb.connect() as con:
        con.register("weather", in_utc(rows.table))
        con.register("new_york", hours_in_utc(NEW_YORK, files.first))
        refuse_impossible(files.folder / FILE, con.sql(_IMPOSSIBLE).to_arrow_table())
        judged = con.sql(_RULES).to_arrow_table()
        con.register("rules", judged)
        observations = con.sql(_OBSERVATION).to_arrow_table()
    return TableOfMonth({"observation": observations}, set_aside(FILE, judged), rows.table.num_rows)


def in_utc(rows: pa.Table) -> pa.Table:
    """`rows` with `time_hour` as naive UTC."""
    place = rows.schema.get_field_index("time_hour")
    return rows.set_column(place, "time_hour", rows["time_hour"].cast(pa.timestamp("us")))
