"""`python -m ops.replay`."""

from artifacts import cli
from ops.leaving import leave
from ops.replay.run import build_parser

if __name__ == "__main__":
    leave(cli.run(build_parser()))
