"""# score_upcoming

When rows have landed, **choose** the champions whose training sets have upcoming rows and as of when, publish those
rows (**upcoming**: dbt, expectations), and **score** them with the champion, so that a running service can be asked
about them by key, and each of them has a logged prediction.

Trigger it by hand with a `name` (a training set) and an `as_of`, a moment up to which rows have landed. Rows that are
published already are not published again; they are scored again, and logged under a request of their own. A task that
is cleared or tried again logs only what it had not logged before.

**When it fails** nothing newer was published, or it was and is not scored: the message says which. A running service
answers from the rows before, says how old they are, and refuses once they are older than
`SERVING_MAX_FEATURE_AGE_SECONDS`. Mend what the message names and clear the task. Without any champion nothing is due:
the run is green, its tasks skipped; a `name` without a champion is refused, and so is a home that lost its champions.
No upcoming row at all is red: there is nothing to score. Only a warehouse in use or a full disk is tried again.
"""

from datetime import timedelta
from pathlib import Path

import pendulum
from airflow.sdk import Asset, Param, task, task_group

from plugins.forms import MOMENT
from plugins.wiring import dag, fails_once

MODELS = Path(__file__).parent.parent / "dbt_project" / "models" / "upcoming"
NAMES = sorted(p.stem.removesuffix("_upcoming") for p in MODELS.glob("*_upcoming.sql"))
LANDED_ROWS = Asset("landed_rows")


@dag(
    schedule=[LANDED_ROWS],
    start_date=pendulum.datetime(2013, 1, 1),
    is_paused_upon_creation=False,
    doc_md=__doc__,
    params={
        "name": Param(None, type=["null", "string"], enum=[None, *NAMES], description="Empty: of every champion."),
        "as_of": Param(
            None,
            type=["null", "string"],
            format=MOMENT,
            description="Like 2013-10-01 or 2013-10-01T0600, UTC. Empty: the end of what has landed in full.",
        ),
    },
)
def score_upcoming():
    @task
    @fails_once
    def choose(params=None):
        from serving.upcoming_batch import due

        return due(NAMES, params["name"], params["as_of"])

    @task(retries=2, retry_delay=timedelta(minutes=5), max_active_tis_per_dag=1)
    @fails_once
    def upcoming(name, as_of):
        from artifacts.places import read_places
        from artifacts.version_name import parse_as_of
        from features.upcoming import build_upcoming

        return build_upcoming(read_places(), name, parse_as_of(as_of)).id

    @task(retries=2, retry_delay=timedelta(minutes=5))
    @fails_once
    def score(model, rows, dag_run=None):
        from serving.upcoming_batch import score_named

        return score_named(model, rows, f"score_upcoming {dag_run.run_id}", dag_run.run_after)

    @task_group(prefix_group_id=False)
    def each(model, name, as_of):
        score(model, upcoming(name, as_of))

    each.expand_kwargs(choose())


score_upcoming()
