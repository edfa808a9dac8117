"""The end of a process that has Airflow and dbt loaded."""

import atexit
import os
import sys
from typing import NoReturn


def leave(exit_code: int) -> NoReturn:
    """End this process with all that it wrote; Python alone takes four seconds to take apart what is loaded."""
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(exit_code)
