"""What dbt said of each model and test, for whoever is on call: rows, seconds, and a failed one's error and SQL."""

from collections.abc import Sequence
from typing import Any

from artifacts.run_evidence import note

GOOD = {"success", "pass"}
SHOWN = 10


def note_dbt(results: Sequence[Any], raw: str) -> None:
    """Note the models in the order in which dbt came to them, how many tests passed, and what did not, in full."""
    bad = [result for result in results if str(result.status) not in {*GOOD, "skipped"}]
    models = [result for result in results if result.node.resource_type == "model"]
    tests = [result for result in results if result.node.resource_type == "test"]
    note(
        "dbt",
        {
            "models": [
                {
                    "model": result.node.name,
                    "status": str(result.status),
                    "rows": rows_of(result),
                    "seconds": round(result.execution_time, 3),
                }
                for result in models
            ],
            "tests_passed": sum(str(result.status) in GOOD for result in tests),
            "not_passed": len(bad),
            "failed": [_failed(result, raw) for result in bad[:SHOWN]],
        },
    )


def rows_of(result: Any) -> int | None:
    """The rows that a model wrote; None when dbt does not say."""
    rows = (result.adapter_response or {}).get("rows_affected")
    return None if rows is None else int(rows)


def attached(node: Any) -> str | None:
    """The id of what a test tests: in a YAML the model that it stands at, in SQL the first that it reads."""
    return getattr(node, "attached_node", None) or next(iter(node.depends_on_nodes), None)


def _failed(result: Any, raw: str) -> dict[str, Any]:
    node = result.node
    about = attached(node) if str(node.resource_type) == "test" else None
    return {
        "name": node.name,
        "kind": str(node.resource_type),
        "of": about.split(".")[-1] if about else None,
        "file": node.original_file_path,
        "status": str(result.status),
        "failures": result.failures,
        "error": (result.message or "").replace(raw, "RAW"),
        "sql": (getattr(node, "compiled_code", None) or getattr(node, "raw_code", "") or "")
        .replace(raw, "RAW")
        .strip(),
    }
