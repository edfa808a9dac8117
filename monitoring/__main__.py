"""`python -m monitoring VERB`: update, alerts, notify."""

import argparse
import sys

from artifacts import cli
from monitoring.alerts_cli import add_verbs


def build_parser() -> argparse.ArgumentParser:
    """Every verb of the room; the other settings are `MONITORING_*`."""
    parser = argparse.ArgumentParser(prog="python -m monitoring", description="Whether the world has moved.")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    add_verbs(verbs)
    return parser


if __name__ == "__main__":
    sys.exit(cli.run(build_parser()))
