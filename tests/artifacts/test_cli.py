"""Whatever a command refuses, it says so in JSON when JSON was asked for; whoever stops reading is no error."""

import argparse
import json
import signal
import subprocess
import sys

import pytest

from artifacts import cli
from artifacts.places import REPOSITORY


def refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    parser = argparse.ArgumentParser(prog="room")
    parser.add_argument("--json", action="store_true")
    parser.add_subparsers(required=True, dest="verb").add_parser("make").add_argument("--rows", type=int)
    with pytest.raises(SystemExit) as stop:
        cli.run(parser, words)
    assert stop.value.code == 2
    said = capsys.readouterr()
    return said.out, said.err


def test_arguments_that_cannot_be_parsed_are_a_json_object_too(capsys: pytest.CaptureFixture[str]) -> None:
    out, err = refused(["--json", "make", "--rows", "many"], capsys)
    told = json.loads(out)
    assert (told["error"], told["exit_code"]) == ("cli.arguments_invalid", 2)
    assert told["message"] == "argument --rows: invalid int value: 'many'."
    assert "invalid int value: 'many'" in err


def test_without_json_nothing_is_written_but_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    out, err = refused(["make", "--rows", "many"], capsys)
    assert (out, err.startswith("usage: room make")) == ("", True)


@pytest.mark.parametrize("text", ["", "yesterday", "20131224", "2013-W52-2", "2013-12-24T00:00", "2013-02-30"])
def test_a_day_is_written_in_one_way(text: str) -> None:
    assert str(cli.day("2013-12-24")) == "2013-12-24"
    with pytest.raises(argparse.ArgumentTypeError, match=f"got '{text}'; wanted a day such as 2013-12-24"):
        cli.day(text)


ANSWER = """
import argparse, sys
from artifacts import cli
from artifacts.errors import BadInput

def many(arguments):
    cli.say("working")
    if arguments.refuse:
        raise BadInput("thing.missing", "Nothing is there.", next_step="Make it.")
    return cli.Answer("id", ["a line"] * 100_000)

parser = argparse.ArgumentParser()
parser.add_argument("--refuse", action="store_true")
parser.add_argument("--json", action="store_true")
parser.set_defaults(verb=many)
sys.exit(cli.run(parser))
"""


def test_a_reader_that_stops_reading_ends_the_command_quietly() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", ANSWER], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as command:
        assert command.stdout is not None
        assert command.stderr is not None
        assert command.stdout.readline() == "a line\n"
        command.stdout.close()
        assert command.stderr.read() == "working\n"
    assert command.returncode == 141


def test_a_refusal_that_nobody_reads_ends_the_command_too() -> None:
    with subprocess.Popen([sys.executable, "-c", ANSWER, "--refuse"], stderr=subprocess.PIPE) as command:
        assert command.stderr is not None
        command.stderr.close()
    assert command.returncode == 141


def test_an_interrupt_is_told_in_one_line_and_in_json_as_a_refusal_is() -> None:
    # A process that a script started in the background ignores it from the start, and so would ours.
    heard = "import signal, time\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
    waits = heard + ANSWER.replace("if arguments.refuse:", "time.sleep(60)\n    if arguments.refuse:")
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", waits, "--json"], stdout=pipe, stderr=pipe, text=True) as command:
        assert command.stderr is not None
        assert command.stderr.readline() == "working\n"
        command.send_signal(signal.SIGINT)
        out, err = command.communicate()
    assert err == "cli.interrupted: The command was interrupted before it was done. Give the same command again.\n"
    told = json.loads(out)
    assert (told["error"], told["exit_code"], command.returncode) == ("cli.interrupted", 130, 130)


LEAVES = """
import argparse, atexit, sys
from artifacts import cli
from artifacts.errors import GateClosed

def verb(_):
    print("said before")
    if sys.argv[1:]:
        raise GateClosed("some.gate", "No.", next_step="Stop.")
    return cli.Answer("made")

class Endless:
    def __del__(self):
        print("taken apart")

kept = [Endless()]
atexit.register(lambda: print("at exit"))
parser = argparse.ArgumentParser()
parser.add_argument("no", nargs="?")
parser.set_defaults(verb=verb)
cli.main(parser)
"""


@pytest.mark.parametrize(
    ("given", "code", "out", "err"),
    [([], 0, "said before\nmade\nat exit\n", ""), (["no"], 3, "said before\nat exit\n", "some.gate")],
)
def test_a_command_ends_with_its_exit_code_and_all_that_it_wrote_and_takes_nothing_apart(given, code, out, err):
    done = subprocess.run(
        [sys.executable, "-c", LEAVES, *given], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (code, out)
    assert err in done.stderr
