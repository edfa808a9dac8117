"""Plants the faults, runs the DAG of each through Airflow itself, and writes what is told of it: HOME, ANSWERS."""

import json
import os
import sys
import time
from contextlib import nullcontext
from pathlib import Path

from ops.airflow_home import enter_airflow

HERE = Path(__file__).parent


def main(home: Path, answers: Path) -> None:
    os.environ |= {"AIRFLOW__CORE__DAGS_FOLDER": str(HERE / "dags")}
    enter_airflow()
    from ops.dag_runs import load_dags
    from tests.run_story import planted

    planted.plant(home)
    dags = load_dags(HERE / "dags")
    around = {
        "ledger_locked": planted.Locked(),
        "mlflow_down": planted.Environment(PIPELINE_MLFLOW=os.environ["TRACKER"]),
        "setting_error": planted.Environment(PIPELINE_HOEM="var"),
    }
    told = {}
    for fault in planted.FAULTS:
        began = time.process_time()
        with around.get(fault, nullcontext()):
            dag_run = dags[fault].test()
        told[fault] = tell(dag_run) | {"cpu": time.process_time() - began}
    planted.edit(home / "projects" / "good", "toy.yml", "bounds: [0, 5000]", "bounds: [0, 150]")
    planted.post(str(home / "raw"), "2013-03")
    told["good_again"] = tell(dags["good"].test())
    told["service"] = ask_the_service()
    answers.write_text(json.dumps(told, default=str))


def ask_the_service():
    """What the service says of itself, and to requests that it refuses."""
    from artifacts.places import read_places
    from serving.app import create_app
    from serving.settings import read_serving_settings
    from tests.serving.world import served

    key = {"Authorization": f"Bearer {os.environ['SERVING_API_KEY']}"}
    with served(create_app(read_serving_settings(), read_places(), "parcels", None)) as client:
        told = [client.get(path, headers=key).text for path in ("/metrics", "/v1/models/parcels", "/v1/models/x")]
        refused = client.post("/v1/models/parcels/predict", json={"rows": [{}]})
        broken = client.post("/v1/models/parcels/predict", content=b"{", headers=key)
        return [*told, refused.text, broken.text]


def tell(dag_run):
    from airflow.models import DagRun
    from airflow.utils.session import create_session

    from artifacts.places import read_places
    from artifacts.run_evidence import read_run_end
    from plugins.on_call.settings import OnCallSettings
    from plugins.run_story.airflow_saw import find
    from plugins.run_story.page import body_of
    from plugins.run_story.story import tell

    saw = find(dag_run.dag_id, dag_run.run_id)
    story = tell(read_places().home, saw)
    end = read_run_end(read_places().home, saw.dag, saw.run)
    with create_session() as session:
        note = session.get_one(DagRun, dag_run.id).note
    return {
        "run": saw.run,
        "airflow": saw.state,
        "state": story.state,
        "sentence": story.sentence,
        "code": story.cause and story.cause.code,
        "next_step": story.cause and story.cause.next_step,
        "codes": story.codes,
        "command": story.command,
        "note": note,
        "since": end and end.since,
        "page": body_of(story, read_places(), OnCallSettings(serving_url="http://127.0.0.1:9")),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
