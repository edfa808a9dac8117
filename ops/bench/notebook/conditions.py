"""Calendar, schedule and weather around a flight."""

import numpy as np
import pandas as pd
from pandas.tseries.holiday import AbstractHolidayCalendar, Holiday, USLaborDay, USMemorialDay, USThanksgivingDay

from ops.bench.notebook.windows import Tables, last_known, trailing


class TravelHolidays(AbstractHolidayCalendar):
    """The holidays around which people travel, on their own days."""

    rules = [  # noqa: RUF012  as pandas wants it
        Holiday("New Year", month=1, day=1),
        USMemorialDay,
        Holiday("Independence Day", month=7, day=4),
        USLaborDay,
        USThanksgivingDay,
        Holiday("Christmas", month=12, day=25),
    ]


def flight_schedule_calendar(tables: Tables) -> pd.DataFrame:
    """Clock, weekday, distance to a holiday, scheduled length."""
    rows = tables["spine"]
    dates = pd.to_datetime(rows["scheduled_local_date"])
    margin = pd.Timedelta(days=30)
    holidays = TravelHolidays().holidays(dates.min() - margin, dates.max() + margin)
    days = pd.DatetimeIndex(dates.unique())
    nearest = np.abs(days.to_numpy()[:, None] - holidays.to_numpy()[None, :]).min(axis=1) / np.timedelta64(1, "D")
    elapsed = rows["scheduled_arrival_at"] - rows["scheduled_departure_at"]
    return pd.DataFrame(
        {
            "flight_id": rows["flight_id"],
            "scheduled_local_hour": rows["scheduled_local_minute"] // 60,
            "scheduled_local_weekday": dates.dt.dayofweek + 1,
            "holiday_distance_days": dates.map(pd.Series(nearest, index=days)).clip(upper=14),
            "scheduled_elapsed_minutes": elapsed.dt.total_seconds() / 60,
        }
    )


def origin_schedule_load(tables: Tables) -> pd.DataFrame:
    """How many departures the schedule holds around the flight's own."""
    rows, at = tables["spine"], "scheduled_departure_at"
    month = ["origin", "period_month"]
    loads = tables["scheduled"].groupby([*month, "scheduled_local_date", at]).size().rename("n").reset_index()
    loads = loads.sort_values([*month, at], ignore_index=True)
    groups = loads.groupby(month)
    around = groups.rolling("1h", on=at, center=True, closed="both")["n"].sum()
    before = groups.rolling("3h", on=at, closed="left")["n"].sum()
    loads["origin_scheduled_around_1h"] = around.to_numpy()
    loads["origin_scheduled_before_3h"] = before.fillna(0).to_numpy()
    loads["origin_scheduled_today"] = loads.groupby([*month, "scheduled_local_date"])["n"].cumsum()
    counts = loads.drop(columns=["n", "scheduled_local_date"])
    return rows[["flight_id", at, *month]].merge(counts, on=[*month, at], how="left").drop(columns=[at, *month])


def origin_weather(tables: Tables) -> pd.DataFrame:
    """The last observation at the origin, its change over three hours, and the rain of six."""
    rows, weather = tables["spine"], tables["weather"]
    measures = ["temp_f", "pressure_hpa", "visibility_miles"]
    earlier = weather[["origin", "observed_hour_at", *measures]]
    earlier = earlier.assign(observed_hour_at=earlier["observed_hour_at"] + pd.Timedelta(hours=3))
    weather = weather.merge(earlier, on=["origin", "observed_hour_at"], how="left", suffixes=("", "_before"))
    for name in measures:
        weather[f"{name}_change"] = weather[name] - weather[f"{name}_before"]
    latest = last_known(rows, weather, by="origin", within="12h")
    named = {
        "temp_f": "origin_temp_f",
        "dew_point_f": "origin_dew_point_f",
        "humidity_pct": "origin_humidity_pct",
        "wind_dir_deg": "origin_wind_dir_deg",
        "wind_speed_mph": "origin_wind_speed_mph",
        "wind_gust_mph": "origin_wind_gust_mph",
        "pressure_hpa": "origin_pressure_hpa",
        "visibility_miles": "origin_visibility_miles",
        "temp_f_change": "origin_temp_change_3h",
        "pressure_hpa_change": "origin_pressure_change_3h",
        "visibility_miles_change": "origin_visibility_change_3h",
    }
    found = latest[["flight_id", *named]].rename(columns=named)
    rain = weather[["origin", "known_at"]].assign(precip=weather["precip_in"].fillna(0))
    rained = trailing(rows, rain, ["origin"], {"origin_precip_6h": ("precip", "6h", "sum")})
    return found.merge(rained, on="flight_id", how="left")
