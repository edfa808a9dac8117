"""# compact_predictions

When an hour has passed, **measure** what the prediction log holds, **compact** its finished segments to Parquet by
model, version and day, and **verify** the parts that were made, so that monitoring reads columns and not a log.
The asset `predictions` says which parts are new, also those that an earlier try made before it failed; when there are
none, `verify` is skipped and no event is sent.

A segment that is still written to stays until it is full or old; nothing is lost or doubled by running this twice.

**When it fails** the service answers and logs on, and no prediction is lost: a segment goes only once every part made
of it stands verified. A damaged segment is named and left where it is: restore it from a copy, or decide to move it
away, then clear the task. Only a full disk, or a store that is down, is tried again.
"""

from datetime import timedelta

import pendulum
from airflow.sdk import Asset, task
from airflow.sdk.exceptions import AirflowSkipException

from plugins.wiring import dag, fails_once

PREDICTIONS = Asset("predictions")


@dag(
    schedule="@hourly",
    start_date=pendulum.datetime(2013, 1, 1),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    doc_md=__doc__,
)
def compact_predictions():
    @task
    @fails_once
    def measure():
        from artifacts.places import read_places
        from artifacts.prediction_log.backlog import backlog

        return vars(backlog(read_places().predictions))

    @task(retries=2, retry_delay=timedelta(minutes=5))
    @fails_once
    def compact(_):
        from artifacts.places import read_places
        from artifacts.prediction_log.compaction import compact
        from artifacts.run_evidence import note

        places = read_places()
        done = compact(places.predictions, places.prediction_parts)
        note("compacted", vars(done))
        return done.parts

    @task(outlets=[PREDICTIONS])
    @fails_once
    def verify(parts, outlet_events=None):
        from artifacts.prediction_log.parts import verify_parts

        if not parts:
            raise AirflowSkipException("No segment was finished: there is nothing new to read.")
        verify_parts(parts)
        outlet_events[PREDICTIONS].extra = {"parts": parts}
        return parts

    verify(compact(measure()))


compact_predictions()
