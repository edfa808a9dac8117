"""A made year of the example source is that source's format, with its own clocks and delays."""

import zipfile

import pytest

from ingestion.land import land_month
from ops.bench.generate import write_year

FLIGHTS = """\
year,month,day,dep_time,sched_dep_time,dep_delay,arr_time,sched_arr_time,arr_delay,carrier,flight,tailnum,origin,dest,\
air_time,distance,hour,minute,time_hour
2013,3,9,517,515,2,830,819,11,UA,1545,N14228,EWR,IAH,227,1400,5,15,2013-03-09T10:00:00Z
2013,3,10,1200,1200,0,1510,1515,-5,UA,1546,N14228,EWR,IAH,220,1400,12,0,2013-03-10T16:00:00Z
2013,3,10,NA,1300,NA,NA,1615,NA,UA,1547,NA,EWR,IAH,NA,1400,13,0,2013-03-10T17:00:00Z
"""
WEATHER = """\
origin,year,month,day,hour,temp,dewp,humid,wind_dir,wind_speed,wind_gust,precip,pressure,visib,time_hour
EWR,2013,3,9,12,39.02,26.06,59.37,270,10.357019999999999,NA,0,1012,10,2013-03-09T17:00:00Z
"""
AIRPORTS = """\
faa,name,lat,lon,alt,tz,dst,tzone
EWR,Newark,40.6925,-74.168667,18,-5,A,America/New_York
IAH,Houston,29.984433,-95.341442,97,-6,A,America/Chicago
"""
PLANES = """\
tailnum,year,type,manufacturer,model,engines,seats,speed,engine
N14228,1999,Fixed wing multi engine,BOEING,737-824,2,149,NA,Turbo-fan
"""


@pytest.fixture
def real(tmp_path):
    folder = tmp_path / "real"
    folder.mkdir()
    for name, text in {"weather": WEATHER, "airports": AIRPORTS, "planes": PLANES}.items():
        (folder / f"{name}.csv").write_text(text)
    (folder / "airlines.csv").write_text("carrier,name\nUA,United\n")
    with zipfile.ZipFile(folder / "flights.csv.zip", "w") as archive:
        archive.writestr("flights.csv", FLIGHTS)
    return folder


def flights(folder):
    with zipfile.ZipFile(folder / "flights.csv.zip") as archive:
        head, *rows = archive.read("flights.csv").decode().splitlines()
    return [dict(zip(head.split(","), row.split(","), strict=True)) for row in rows]


def minutes(clock):
    return int(clock) // 100 * 60 + int(clock) % 100


def test_utc_follows_the_years_own_change_of_clocks(real, tmp_path):
    write_year(real, tmp_path / "2014", 2014, seed=7)
    # In 2013 the clocks changed on 10 March, in 2014 on 9 March.
    assert [row["time_hour"] for row in flights(tmp_path / "2014")] == [
        "2014-03-09T09:00:00Z",
        "2014-03-10T16:00:00Z",
        "2014-03-10T17:00:00Z",
    ]
    assert "EWR,2014,3,9,13,39.02" in (tmp_path / "2014" / "weather.csv").read_text()


def test_a_flight_is_as_much_later_at_its_arrival_as_at_its_departure_and_its_clocks_agree(real, tmp_path):
    write_year(real, tmp_path / "2014", 2014, seed=7)
    before, after = flights(real)[0], flights(tmp_path / "2014")[0]
    late = int(after["dep_delay"]) - int(before["dep_delay"])
    assert late == int(after["arr_delay"]) - int(before["arr_delay"]) != 0
    assert minutes(after["dep_time"]) - minutes(before["dep_time"]) == late
    assert minutes(after["arr_time"]) - minutes(before["arr_time"]) == late


def test_a_cancelled_flight_stays_cancelled(real, tmp_path):
    write_year(real, tmp_path / "2014", 2014, seed=7)
    cancelled = flights(tmp_path / "2014")[2]
    assert [cancelled[name] for name in ("dep_time", "dep_delay", "arr_time", "arr_delay")] == ["NA"] * 4


def test_the_same_year_and_seed_give_the_same_bytes_and_another_year_other_delays(real, tmp_path):
    for name, year in {"a": 2014, "b": 2014, "c": 2015}.items():
        write_year(real, tmp_path / name, year, seed=7)
    files = [path.name for path in (tmp_path / "a").iterdir()]
    assert all((tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in files)
    assert flights(tmp_path / "a")[0]["dep_delay"] != flights(tmp_path / "c")[0]["dep_delay"]


def test_a_made_year_lands_with_nothing_set_aside(real, tmp_path):
    write_year(real, tmp_path / "2014", 2014, seed=7)
    environ = {"INGESTION_NYCFLIGHTS13_FOLDER": str(tmp_path / "2014"), "INGESTION_NYCFLIGHTS13_MAX_DAYS_SHORT": "31"}
    landed = {one.key.table: one for one in land_month(str(tmp_path / "raw"), "nycflights13", "2014-03", environ)}
    assert landed["flights"].rows["schedule"] == 3
    assert landed["weather"].rows == {"observation": 1}
    assert sum(one.quarantined for one in landed.values()) == 0
