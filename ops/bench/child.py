"""`python -m ops.bench.child MODULE:FUNCTION ARGUMENTS`: one call in a process of its own, its facts as JSON."""

import importlib
import json
import sys

from artifacts import cli
from artifacts.errors import Refusal


def main() -> int:
    """Call the function that is named with the JSON object that is given, and print what it returns."""
    module, _, function = sys.argv[1].partition(":")
    cli.show_progress(sys.stderr)
    try:
        facts = getattr(importlib.import_module(f"ops.bench.{module}"), function)(**json.loads(sys.argv[2]))
    except Refusal as refusal:
        print(f"{refusal.code}: {refusal}", file=sys.stderr)
        return refusal.exit_code
    print(json.dumps(facts, default=str))
    return 0


if __name__ == "__main__":
    sys.exit(main())
