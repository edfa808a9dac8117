"""The processes of a program that was started in a session of its own, also when the first is gone, and their end."""

import os
import signal
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

ENDED_WITHIN_SECONDS = 30
BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Started:
    """A program as it was started: its process id, which is its session's too, when that began, and its log.

    `began` is as the function of that name says; of None no process is known again. `log` is device and inode of the
    file that it was given for what it says.
    """

    pid: int
    began: str | None
    log: tuple[int, int] | None = None

    @property
    def first(self) -> psutil.Process | None:
        """The process that was started, a zombie too; None when it is gone, or its id was given to another program."""
        try:
            process = psutil.Process(self.pid)
            return process if self.began is not None and began(self.pid) == self.began else None
        except psutil.NoSuchProcess:
            return None


def began(pid: int) -> str | None:
    """When a process began, in clock ticks since which boot (proc(5), field 22 of stat); None when there is none.

    Never by the time of day, which may be set, and is when a machine that slept wakes up.
    """
    try:
        told = Path(f"/proc/{pid}/stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The second field is the program's name in parentheses, with whatever is in it.
    ticks = told.rpartition(b")")[2].split()[19].decode()
    return f"{ticks} since boot {BOOT.read_text().strip()}"


def lives(process: psutil.Process) -> bool:
    """Whether a process runs; one that ended and was not waited for does not, and is waited for if it is our child."""
    try:
        if process.status() != psutil.STATUS_ZOMBIE:
            return process.is_running()
        process.wait(0)
    except psutil.Error:
        pass
    return False


def living(started: Started, sure: Collection[psutil.Process] = ()) -> set[psutil.Process]:
    """Every process of the program's session, and what its first one started elsewhere.

    When the first one is gone, the session's number may have been given to another program's. Then it counts as ours
    only if one of `sure` is in it, or a process that writes to our log.
    """
    first = started.first
    if first is None and psutil.pid_exists(started.pid):
        return set()
    session = set(_in_session(started.pid))
    if first is None and not any(one in sure or _writes(one, started.log) for one in session):
        return set()
    with suppress(psutil.NoSuchProcess):
        session |= {first, *first.children(recursive=True)} if first else set()
    return {one for one in session if lives(one)}


def end(programs: Collection[Started]) -> set[psutil.Process]:
    """End all processes of the programs: SIGTERM first, SIGKILL 30 s later; those that live on all the same."""
    left: set[psutil.Process] = set()
    for how in (signal.SIGTERM, signal.SIGKILL):
        left = left.union(*(living(one, left) for one in programs))
        for process in left:
            # It ended meanwhile; psutil signals no other that was given its id.
            with suppress(psutil.Error):
                process.send_signal(how)
        deadline = time.monotonic() + ENDED_WITHIN_SECONDS
        while (left := {one for one in left if lives(one)}) and time.monotonic() < deadline:
            time.sleep(0.05)
    return left


def _in_session(number: int) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        with suppress(OSError):
            if os.getsid(process.pid) == number:
                yield process


def _writes(process: psutil.Process, log: tuple[int, int] | None) -> bool:
    for descriptor in (1, 2):
        with suppress(OSError):
            there = Path(f"/proc/{process.pid}/fd/{descriptor}").stat()
            if (there.st_dev, there.st_ino) == log:
                return True
    return False
