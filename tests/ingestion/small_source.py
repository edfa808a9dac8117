"""A folder with the source's five files, a few literal rows each, and a raw store to land them in."""

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from artifacts.raw import Partition, partitions
from ingestion.land import land_month

FLIGHTS = (
    "year,month,day,dep_time,sched_dep_time,dep_delay,arr_time,sched_arr_time,arr_delay,carrier,flight,tailnum,"
    "origin,dest,air_time,distance,hour,minute,time_hour"
)
ON_TIME = "2013,1,1,517,515,2,830,819,11,UA,1545,N14228,EWR,IAH,227,1400,5,15,2013-01-01T10:00:00Z"
CANCELLED = "2013,1,1,NA,1630,NA,NA,1815,NA,UA,4308,N18120,EWR,IAH,NA,416,16,30,2013-01-01T21:00:00Z"
DIVERTED = "2013,1,1,1525,1530,-5,1934,1805,NA,UA,4525,N719MQ,LGA,IAH,NA,500,15,30,2013-01-01T20:00:00Z"
LAST_DAY = ON_TIME.replace("2013,1,1,", "2013,1,31,").replace("2013-01-01", "2013-01-31")
IN_FEBRUARY = "2013,2,1,517,515,2,830,819,11,UA,1545,N14228,EWR,IAH,227,1400,5,15,2013-02-01T10:00:00Z"

WEATHER = "origin,year,month,day,hour,temp,dewp,humid,wind_dir,wind_speed,wind_gust,precip,pressure,visib,time_hour"
CALM = "EWR,2013,1,1,1,39.02,26.06,59.37,270,10.357019999999999,NA,0,1012,10,2013-01-01T06:00:00Z"
CALM_LAST_DAY = CALM.replace("2013,1,1,", "2013,1,31,").replace("2013-01-01", "2013-01-31")

PLANES = "tailnum,year,type,manufacturer,model,engines,seats,speed,engine"
PLANE = "N14228,1999,Fixed wing multi engine,BOEING,737-824,2,149,NA,Turbo-fan"

AIRLINES = "carrier,name"
AIRLINE = "UA,United Air Lines Inc."

AIRPORTS = "faa,name,lat,lon,alt,tz,dst,tzone"
NEWARK = "EWR,Newark Liberty Intl,40.6925,-74.168667,18,-5,A,America/New_York"
LA_GUARDIA = "LGA,La Guardia,40.777245,-73.872608,22,-5,A,America/New_York"
HOUSTON = "IAH,George Bush Intercontinental,29.984433,-95.341442,97,-6,A,America/Chicago"


@dataclass(frozen=True)
class Example:
    """The source's folder, and the store that it lands in."""

    folder: Path
    raw: Path

    def write(self, file: str, *lines: str) -> "Example":
        text = "".join(f"{line}\n" for line in lines)
        if file.endswith(".zip"):
            with zipfile.ZipFile(self.folder / file, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr(file.removesuffix(".zip"), text)
        else:
            (self.folder / file).write_text(text)
        return self

    def flights(self, *lines: str) -> "Example":
        return self.write("flights.csv.zip", FLIGHTS, *lines)

    def weather(self, *lines: str) -> "Example":
        return self.write("weather.csv", WEATHER, *lines)

    def land(self, month: str = "2013-01", share: float = 0.01, days_short: int = 31) -> list[Partition]:
        prefix = "INGESTION_NYCFLIGHTS13_"
        environ = {f"{prefix}FOLDER": str(self.folder), f"{prefix}MAX_QUARANTINED_SHARE": str(share)}
        environ[f"{prefix}MAX_DAYS_SHORT"] = str(days_short)
        return land_month(str(self.raw), "nycflights13", month, environ)

    def rows(self, table: str, fact: str) -> list[dict[str, Any]]:
        (file,) = self.raw.glob(f"nycflights13/{table}/*/*/{fact}.parquet")
        return list(pq.read_table(file).to_pylist())

    def landed(self) -> list[Partition]:
        return partitions(str(self.raw), "nycflights13")
