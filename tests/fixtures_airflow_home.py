"""Airflow's own files stay out of the home of whoever runs the tests; imported before Airflow is."""

import atexit
import os
import shutil
import tempfile

# A worker of pytest inherits the folder of the process that started it, and two in one database lock each other out.
MADE_FOR = "MADE_FOR_PYTEST_WORKER"
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")

if "AIRFLOW_HOME" not in os.environ or os.environ.get(MADE_FOR, WORKER) != WORKER:
    os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="airflow-of-tests-")
    os.environ[MADE_FOR] = WORKER
    atexit.register(shutil.rmtree, os.environ["AIRFLOW_HOME"], ignore_errors=True)
