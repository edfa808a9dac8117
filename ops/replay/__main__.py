"""`python -m ops.replay`."""

from artifacts import cli
from ops.replay.run import build_parser

if __name__ == "__main__":
    cli.main(build_parser())
