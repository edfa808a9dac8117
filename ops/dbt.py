"""Plain dbt on the warehouse and the raw rows of this home: `make dbt ARGS="build -s +origin_delays"`."""

import os
import sys
from pathlib import Path

from artifacts.places import REPOSITORY, read_places


def main() -> None:
    """Become dbt, in the project's folder, with the same arguments."""
    places = read_places()
    places.warehouse.mkdir(parents=True, exist_ok=True)
    Path(places.raw).mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "SHIPSHAPE_WAREHOUSE": str(places.warehouse), "SHIPSHAPE_RAW": places.raw}
    os.chdir(REPOSITORY / "dbt_project")
    os.execve(Path(sys.executable).with_name("dbt"), ["dbt", *sys.argv[1:]], environment)  # noqa: S606  dbt of this venv


if __name__ == "__main__":
    main()
