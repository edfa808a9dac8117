"""# rollback

When a champion does harm, trigger this with its `model`, the earlier `version` to go back to, and the `reason`:
**check** that the version was champion and that its model is whole, **go back** to it in the ledger, and **confirm**
that it is champion, so that the service answers with it within seconds (`SERVING_POLL_SECONDS`). Nothing is judged.

`python -m training history --model NAME` says which versions were champion, since when and why. What was rolled back
from is not promoted again by its old verdict. `python -m training rollback` does the same without Airflow.

**When it fails** nothing was written, unless `confirm` is red: then somebody was faster, and the ledger has the last
word. A version that never was champion is refused, and so is the champion of now: trigger it with another version. A
damaged model is not gone back to: restore the file that is named, or name another version.
"""

import pendulum
from airflow.sdk import Param, task

from plugins.forms import MODEL, REASON
from plugins.wiring import dag, fails_once


@dag(
    schedule=None,
    start_date=pendulum.datetime(2013, 1, 1),
    is_paused_upon_creation=False,
    doc_md=__doc__,
    params={
        "model": Param(type="string", format=MODEL, description="Like late_arrival."),
        "version": Param(type="integer", minimum=1, description="An earlier champion's number."),
        "reason": Param(type="string", format=REASON, maxLength=2000, description="Why, for the ledger."),
    },
)
def rollback():
    @task
    @fails_once
    def check(params=None):
        from training.rollback import check_named

        return check_named(params["model"], params["version"])

    @task
    @fails_once
    def go_back(_, params=None, dag_run=None):
        from training.rollback import rollback_named

        who = getattr(dag_run, "triggering_user_name", None)
        return rollback_named(params["model"], params["version"], params["reason"], who)

    @task
    @fails_once
    def confirm(gone_back):
        from training.rollback import confirm_named

        return confirm_named(gone_back)

    confirm(go_back(check()))


rollback()
