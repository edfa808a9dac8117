"""# land_month

At noon UTC of the next month's first day a month is over on every clock: **choose** what to land, **land** each
source's rows and **verify** what then lies on disk, so that training sets can be built from it. The asset `landed_rows`
tells the DAG `build_training_set`. Landing the same month again changes nothing and says so. Trigger it by hand for
one `month` (and one `source`), or backfill it: each run lands the month of its data interval.

**When it fails** the message names the file, line or column, and nothing of that month has landed; what serves now is
not affected. A file that is wrong: get it mended at its source and clear the task. Too many quarantined rows: look at
`quarantine.parquet` beside earlier months, then decide. Only an answer that may change by itself (a
store that is down) is tried again.
"""

from datetime import timedelta
from pathlib import Path

import pendulum
from airflow.sdk import Asset, CronDataIntervalTimetable, Param, task, task_group

from plugins.forms import MONTH
from plugins.wiring import dag, fails_once

FOLDER = Path(__file__).parent.parent / "ingestion" / "sources"
SOURCES = sorted(path.stem for path in FOLDER.glob("[!_.]*"))
LANDED_ROWS = Asset("landed_rows")


@dag(
    schedule=CronDataIntervalTimetable("0 12 1 * *", timezone="UTC"),
    start_date=pendulum.datetime(2013, 1, 1),
    end_date=pendulum.datetime(2013, 12, 31),  # the example's last month: remove it for a source that lives
    catchup=False,
    is_paused_upon_creation=False,
    doc_md=__doc__,
    params={
        "source": Param(None, type=["null", "string"], enum=[None, *SOURCES], description="Empty: every source."),
        "month": Param(
            None,
            type=["null", "string"],
            format=MONTH,
            description="Like 2013-01. Empty: the month of the data interval.",
        ),
    },
)
def land_month():
    @task
    @fails_once
    def choose(params=None, data_interval_start=None):
        from ingestion.months import month_to_land

        month = month_to_land(params["month"], data_interval_start)
        return [{"source": source, "month": month} for source in ([params["source"]] if params["source"] else SOURCES)]

    @task(retries=2, retry_delay=timedelta(minutes=5))
    @fails_once
    def land(source, month):
        from artifacts.places import read_places
        from ingestion.land import land_months

        partitions = land_months(read_places().raw, source, [month])
        return {"source": source, "month": month, "revisions": [f"{p.key}/{p.revision}" for p in partitions]}

    @task(outlets=[LANDED_ROWS])
    @fails_once
    def verify(landed, outlet_events=None):
        from artifacts.places import read_places
        from artifacts.raw import verify

        verify(read_places().raw, landed["source"], landed["month"])
        outlet_events[LANDED_ROWS].extra = landed
        return landed["revisions"]

    @task_group(prefix_group_id=False)
    def each(source, month):
        verify(land(source, month))

    each.expand_kwargs(choose())


land_month()
