"""`python -m ops VERB`: backup, restore, verify, and the stack's env, prepare and compose-check."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from artifacts import cli
from artifacts.errors import GateClosed
from artifacts.places import REPOSITORY, read_places


def _backup(arguments: argparse.Namespace) -> cli.Answer:
    from ops.backup.make import make_backup

    made = make_backup(read_places(), Path(arguments.to))
    total = sum(entry.bytes for entry in made.files.values())
    return cli.Answer(made.uri, [f"{len(made.files)} files, {total:,} bytes, each with its sha256; in"], made.facts)


def _restore(arguments: argparse.Namespace) -> cli.Answer:
    from ops.backup.restore import restore

    verified = restore(read_places(), Path(arguments.source))
    return cli.Answer(arguments.source, [*verified.lines(), "restored from"], vars(verified))


def _verify(_: argparse.Namespace) -> cli.Answer:
    from ops.backup.verify import verify_something

    places = read_places()
    verified = verify_something(places)
    return cli.Answer(str(places.home), verified.lines(), vars(verified))


def _env(arguments: argparse.Namespace) -> cli.Answer:
    from ops.stack.env_file import check_env, write_env

    path = REPOSITORY / ".env"
    if arguments.check:
        check_env(path, os.environ)
        return cli.Answer(path.name, ["nothing is missing or wrong in"])
    written = write_env(path)
    there = "every name has a value already; whether it can be used, make env-check says:"
    return cli.Answer(path.name, [f"wrote {name}" for name in written] or [there])


def _prepare(_: argparse.Namespace) -> cli.Answer:
    from ops.stack.prepare import prepare

    return cli.Answer("prepared", prepare(read_places(), os.environ))


def _compose_check(arguments: argparse.Namespace) -> cli.Answer:
    from ops.stack.check import check

    path = Path(arguments.file)
    problems, services = check(path)
    if problems:
        raise GateClosed(
            "stack.compose_rules",
            f"{_faulty(path, problems)} {len(problems)} {'rule' if len(problems) == 1 else 'rules'}:\n  "
            + "\n  ".join(problems)
            + "\n",
            next_step="Correct it; docs/stack.md says why each rule is there.",
        )
    return cli.Answer(path.name, [f"{services} services keep every rule of"])


def _faulty(path: Path, problems: list[str]) -> str:
    """The files that break rules, with the verb."""
    of_image = [problem.startswith("Dockerfile: ") for problem in problems]
    if all(of_image):
        return "Dockerfile breaks"
    return f"{path.name} and Dockerfile break" if any(of_image) else f"{path.name} breaks"


def _add(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    about: str,
    verb: Callable[[argparse.Namespace], cli.Answer],
) -> argparse.ArgumentParser:
    parser = verbs.add_parser(name, help=about, description=about[0].upper() + about[1:] + ".")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(verb=verb)
    return parser


def build_parser() -> argparse.ArgumentParser:
    """Every verb of what keeps a home and a stack."""
    parser = argparse.ArgumentParser(prog="python -m ops", description="Keep a home, or the stack on one server.")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    about = "copy databases, object stores and the home into one folder, with a sha256 for every file"
    _add(verbs, "backup", about, _backup).add_argument("--to", required=True, metavar="FOLDER", help="must not exist")
    restoring = _add(verbs, "restore", "bring a backup back into places where nothing is, and verify it", _restore)
    restoring.add_argument("--from", dest="source", required=True, metavar="FOLDER")
    _add(verbs, "verify", "hold everything published and every model against its sha256", _verify)
    writing = _add(verbs, "env", "write the stack's .env with fresh secrets; filled values stay", _env)
    writing.add_argument("--check", action="store_true", help="only list what is missing or cannot be used")
    _add(verbs, "prepare", "migrate the databases and make the buckets that the settings name", _prepare)
    checking = _add(
        verbs, "compose-check", "hold docker-compose.yaml and Dockerfile against their rules", _compose_check
    )
    checking.add_argument("--file", default=str(REPOSITORY / "docker-compose.yaml"))
    return parser


if __name__ == "__main__":
    cli.main(build_parser())
