"""`python -m training VERB`: reproduce, baseline, judge, promote, rollback, history, who-was-champion."""

import argparse

from artifacts import cli
from training import baseline, reproduce
from training.judging_cli import add_verbs


def build_parser() -> argparse.ArgumentParser:
    """Every verb of the room; a model is trained by `python training/train.py`."""
    parser = argparse.ArgumentParser(prog="python -m training", description="Reproduce, judge and promote models.")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    about = "train a logged MLflow run again and say whether the model is identical"
    again = verbs.add_parser("reproduce", help=about, description=about)
    again.add_argument("--run", required=True, metavar="ID", help="MLflow run id")
    again.add_argument("--json", action="store_true", help="print one JSON object")
    again.set_defaults(verb=reproduce.command)
    about = "describe the newest rows of a logged MLflow run, for monitoring; training does so by itself"
    describing = verbs.add_parser("baseline", help=about, description=about)
    describing.add_argument("--run", required=True, metavar="ID", help="MLflow run id")
    describing.add_argument("--json", action="store_true", help="print one JSON object")
    describing.set_defaults(verb=baseline.command)
    add_verbs(verbs)
    return parser


if __name__ == "__main__":
    cli.main(build_parser())
