"""# build_training_set

When rows have landed, or a model drifted, **choose** which training sets are due and as of when, **build** each one
(dbt, export, expectations, publish) and **compare** it with its previous version, so that a candidate can be trained on
it. The asset `training_set` carries the new version to the DAG `train_candidate`.

What is built depends on what has landed, never on how many events came: `as_of` is the end of the last month up to
which every table is there. Rows that landed build every set; drift alone, that of the model that drifted. Trigger it by
hand with a `name` and an `as_of` to build any other.

**When it fails** nothing was published, and what serves is as it was. The message names the dbt test, or the
expectation with column, value, bound and offending keys. Mend the SQL or the source, then clear the task. Only a
warehouse that is in use is tried again.
"""

from datetime import timedelta
from pathlib import Path

import pendulum
from airflow.sdk import Asset, Param, task, task_group

from plugins.wiring import announced, dag, fails_once

SETS = Path(__file__).parent.parent / "dbt_project" / "models" / "training_sets"
NAMES = sorted(path.stem for path in SETS.glob("*.sql"))
FOR_EMPTY_NAME = "Empty: every set, or those that the events ask for."
FOR_EMPTY_AS_OF = "Like 2013-10-01, UTC. Empty: the end of what has landed."
LANDED_ROWS, DRIFT, TRAINING_SET = Asset("landed_rows"), Asset("drift"), Asset("training_set")


@dag(
    schedule=(LANDED_ROWS | DRIFT),
    start_date=pendulum.datetime(2013, 1, 1),
    is_paused_upon_creation=False,
    doc_md=__doc__,
    params={
        "name": Param(None, type=["null", "string"], enum=[None, *NAMES], description=FOR_EMPTY_NAME),
        "as_of": Param(None, type=["null", "string"], format="date", description=FOR_EMPTY_AS_OF),
    },
)
def build_training_set():
    @task
    @fails_once
    def choose(params=None, triggering_asset_events=None):
        from artifacts.places import read_places
        from features.due import due

        rows, drift = (announced(triggering_asset_events, one) for one in (LANDED_ROWS, DRIFT))
        return due(read_places(), params["name"], params["as_of"], NAMES, landed=bool(rows), drifted=drift)

    @task(outlets=[TRAINING_SET], retries=2, retry_delay=timedelta(minutes=5), max_active_tis_per_dag=1)
    @fails_once
    def build(name, as_of, outlet_events=None):
        from artifacts.places import read_places
        from artifacts.training_set import parse_as_of
        from features.build import build

        training_set = build(read_places(), name, parse_as_of(as_of))
        outlet_events[TRAINING_SET].extra = {"training_set": training_set.id}
        return training_set.id

    @task
    @fails_once
    def compare(training_set):
        from artifacts.places import read_places
        from features.compared import against_previous

        places = read_places()
        return against_previous(places.training_sets, places.warehouse, training_set)

    @task_group(prefix_group_id=False)
    def each(name, as_of):
        compare(build(name, as_of))

    each.expand_kwargs(choose())


build_training_set()
