"""The one shape of every command: progress on stderr, the id on the last line, refusals by exit code."""

import argparse
import atexit
import io
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr, suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NoReturn, TextIO

from artifacts.errors import BadInput, Interrupted, Refusal


@dataclass(frozen=True)
class Answer:
    """What a command made: its id, lines for a person, and facts for `--json`; `exit_code` 3 when a gate said no."""

    id: str
    lines: Sequence[str] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    exit_code: int = 0


PROGRESS = logging.getLogger("shipshape")
Verb = Callable[[argparse.Namespace], Answer]


def run(parser: argparse.ArgumentParser, argv: Sequence[str] | None = None) -> int:
    """Parse `argv`, call the verb that the parser's `verb` default names, print its answer, return the exit code.

    An interrupt is told as a refusal is (`cli.interrupted`), and ends it with the exit code of SIGINT.
    """
    arguments = _parse(parser, sys.argv[1:] if argv is None else argv)
    show_progress(sys.stderr)
    as_json = bool(getattr(arguments, "json", False))
    verb: Verb = arguments.verb
    try:
        answer = verb(arguments)
    except Refusal as refusal:
        return _print_refusal(refusal, as_json)
    except KeyboardInterrupt:
        message, step = "The command was interrupted before it was done.", "Give the same command again."
        return _print_refusal(Interrupted("cli.interrupted", message, next_step=step), as_json)
    if as_json:
        return _print(answer.exit_code, [json.dumps({"id": answer.id, **answer.facts}, sort_keys=True, default=str)])
    return _print(answer.exit_code, [*answer.lines, answer.id])


def main(parser: argparse.ArgumentParser) -> NoReturn:
    """`run` what the process was started with, and end it with the exit code."""
    leave(run(parser))


def leave(exit_code: int) -> NoReturn:
    """End this process, with all that it wrote; Python takes up to four seconds to take apart what is loaded."""
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(exit_code)


def _print_refusal(refusal: Refusal, as_json: bool) -> int:
    told = [json.dumps(refusal.to_dict(), sort_keys=True)] if as_json else []
    return _print(refusal.exit_code, told, [f"{refusal.code}: {refusal}"])


def _print(exit_code: int, told: Sequence[str], complaints: Sequence[str] = ()) -> int:
    """`exit_code`, with all of it written; that of a process which SIGPIPE ended when nobody reads on."""
    try:
        print(*complaints, sep="\n", end="\n" * len(complaints), file=sys.stderr)
        print(*told, sep="\n", end="\n" * bool(told), flush=True)
    except BrokenPipeError:
        # Else the interpreter writes the rest when it ends, and complains in its turn.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (sys.stdout, sys.stderr):
            os.dup2(nowhere, stream.fileno())
        return 128 + signal.SIGPIPE
    return exit_code


def _parse(parser: argparse.ArgumentParser, argv: Sequence[str]) -> argparse.Namespace:
    """The arguments; argparse's own refusals, which it writes to stderr, are a JSON object too when that was asked."""
    said = io.StringIO()
    try:
        with redirect_stderr(said):
            return parser.parse_args(argv)
    except SystemExit as stop:
        if stop.code and "--json" in argv:
            message = said.getvalue().strip().rpartition("error: ")[2]
            refusal = BadInput("cli.arguments_invalid", f"{message}.", next_step="Ask for --help.")
            print(json.dumps(refusal.to_dict(), sort_keys=True))
        raise
    finally:
        sys.stderr.write(said.getvalue())


def day(text: str) -> date:
    """The `type` of an option that takes a day; argparse puts the option's name before what is wrong with it."""
    with suppress(ValueError):
        found = date.fromisoformat(text)
        # It reads other forms too, such as a week's.
        if found.isoformat() == text:
            return found
    raise argparse.ArgumentTypeError(f"got {text!r}; wanted a day such as 2013-12-24, so correct it")


def say(line: str) -> None:
    """Report progress: on stderr from the command line, in the task's log under Airflow."""
    PROGRESS.info(line)


def show_progress(stream: TextIO) -> None:
    """Write what `say` reports to `stream` as bare lines, from now on and nowhere else."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(message)s"))
    PROGRESS.handlers = [handler]
    PROGRESS.setLevel(logging.INFO)
    PROGRESS.propagate = False
