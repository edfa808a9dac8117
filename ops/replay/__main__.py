"""`python -m ops.replay`."""

import sys

from artifacts import cli
from ops.replay.run import build_parser

if __name__ == "__main__":
    sys.exit(cli.run(build_parser()))
