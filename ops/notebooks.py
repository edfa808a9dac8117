"""Notebooks are for figuring out what: kept in `notebooks/`, without outputs, and no part of the pipeline runs one."""

import json
import re
import sys
from pathlib import Path

from artifacts.places import REPOSITORY

ROOMS = ("artifacts", "ingestion", "features", "training", "serving", "monitoring", "plugins", "dags", "dbt_project")
RUNS_A_NOTEBOOK = re.compile(
    r"\.ipynb\b|^\s*(?:import|from)\s+(?:nbformat|nbclient|nbconvert|papermill|notebooks)\b", re.M
)


def complaints(root: Path) -> list[str]:
    """What breaks the rule in the tree at `root`, one line each that names the file and what to do."""
    found = []
    for room in (*ROOMS, "ops"):
        for path in sorted(p for p in (root / room).rglob("*") if p.suffix in {".py", ".sh", ".sql"}):
            if path == Path(__file__):
                continue
            match = RUNS_A_NOTEBOOK.search(path.read_text())
            if match:
                found.append(
                    f"{path.relative_to(root)} uses a notebook ({match.group().strip()}); move the code into a room."
                )
    for path in sorted(root.rglob("*.ipynb")):
        parts = path.relative_to(root).parts
        if parts[0].startswith(".") or parts[0] == "var":
            continue
        if parts[0] != "notebooks":
            found.append(f"{'/'.join(parts)} lies outside notebooks/; move it there.")
        cells = json.loads(path.read_text())["cells"]
        if any(cell.get("outputs") or cell.get("execution_count") for cell in cells):
            found.append(f"{'/'.join(parts)} holds outputs; run: .venv/bin/nbstripout {'/'.join(parts)}")
    return found


def main() -> int:
    """Print the complaints about this repository; exit 1 when there are any."""
    found = complaints(REPOSITORY)
    print(*found or ["notebooks: clean"], sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
