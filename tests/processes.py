"""What the tests ask of other processes."""

import psutil


def command_of(process: psutil.Process) -> str:
    """Its command line; empty of one that ended, waited for or not."""
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""
