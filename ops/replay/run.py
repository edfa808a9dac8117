"""`make replay`: go through the weeks that are left, and end with a table and the story of the year."""

import argparse
import os
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import yaml

from artifacts import cli
from artifacts.errors import BadInput
from artifacts.landed import declared_sources, landed_until
from artifacts.places import REPOSITORY, Places, read_places
from ops.airflow_home import enter_airflow
from ops.announcements import forget_announcements
from ops.at_work import running_dags
from ops.dag_runs import load_dags, quiet
from ops.replay.inbox import receiving
from ops.replay.journal import Done, read_done, write_done
from ops.replay.own_alerts import with_alerts_of_its_year
from ops.replay.plan import Plan, Week, read_plan
from ops.replay.week import Replay, champion_of, replay_week
from ops.replay.world import build_world
from ops.replay.write import write_story

JOURNAL, INBOX = "replay/weeks", "replay/inbox"


def replay(arguments: argparse.Namespace) -> cli.Answer:
    """Replay the weeks that are not done yet; all of them done, say so and write the story anew."""
    started = time.monotonic()
    example = yaml.safe_load((REPOSITORY / "ops" / "example.yaml").read_text(encoding="utf-8"))
    plan, places = read_plan(example, arguments.until), read_places()
    weeks, journal = plan.weeks(), places.home / JOURNAL
    left = [week for week in weeks if read_done(journal, week) is None]
    champion_of(places, plan.model)
    if left:
        with running_dags(places, _called(arguments.until)):
            refuse_future(landed_until(places.raw, declared_sources()).date(), left[0])
            places = with_alerts_of_its_year(places, plan, left, journal)
            _go_through(places, plan, weeks, journal)
    else:
        places = with_alerts_of_its_year(places, plan, left, journal)
    done = [one for one in (read_done(journal, week) for week in weeks) if one]
    page, lines = write_story(places, plan, done, places.home / INBOX)
    seconds = time.monotonic() - started
    told = f"Done, {len(left)} of {len(weeks)} weeks" if left else f"Nothing to do: all {len(weeks)} weeks were there"
    return cli.Answer(
        id=str(page),
        lines=[*lines, "", f"{told}, {seconds:.0f} s. The story of the year:"],
        facts={"weeks": len(weeks), "replayed": len(left), "seconds": round(seconds, 1)},
    )


def _called(until: date | None) -> str:
    """The command that goes on from where this one was ended, to the same day."""
    return "make replay" if until is None else f'make replay ARGS="--until {until}"'


def refuse_future(until: date, week: Week) -> None:
    """Raise `BadInput` (`replay.looks_ahead`) when what has landed, `until`, ends after the first week that is left."""
    if until > week.end:
        raise BadInput(
            "replay.looks_ahead",
            f"What has landed ends with {until - timedelta(days=1)}, and the replay is at the week of {week.words}: it "
            "would look ahead.",
            next_step="Replay in a home of its own: PIPELINE_HOME=elsewhere make run replay",
        )


def numbered(weeks: Sequence[Week], journal: Path) -> list[tuple[str, Week]]:
    """The weeks that are not done yet, each with its place among all of them: 9 of 9 also where eight are done."""
    each = [(f"[{number}/{len(weeks)}]", week) for number, week in enumerate(weeks, start=1)]
    return [(told, week) for told, week in each if read_done(journal, week) is None]


def _go_through(places: Places, plan: Plan, weeks: Sequence[Week], journal: Path) -> None:
    left = numbered(weeks, journal)
    log, begun = places.home / "logs" / "replay.log", datetime.now(UTC)
    with quiet(log) as person:
        cli.show_progress(person)
        many = f"{len(left)} week{'s' if len(left) > 1 else ''}"
        cli.say(f"shipshape: replaying {left[0][1].start} to {plan.end - timedelta(days=1)} into {places.home}, {many}")
        # Tasks read it there.
        os.environ["PIPELINE_ALERTS"] = places.alerts
        enter_airflow(places)
        rows = build_world(places.home, plan)
        replaying = Replay(places, plan, rows, load_dags(REPOSITORY / "dags"), log, journal)
        with receiving(places.home / INBOX):
            for told, week in left:
                cli.say(f"{told} week to {week.end - timedelta(days=1)}")
                done = replay_week(replaying, week)
                write_done(journal, done)
                cli.say(f"  {_said(done)}")
        forget_announcements(begun)


def _said(done: Done) -> str:
    verdicts = [f"version {one.verdict['version']}: {one.verdict['outcome']}" for one in done.trainings]
    red = ["cannot judge, which was told"] if done.red else []
    return ", ".join([f"{done.rows:,} rows asked of version {done.champion}", *red, *verdicts, f"{done.seconds:.0f} s"])


def build_parser() -> argparse.ArgumentParser:
    """The options of the replay."""
    parser = argparse.ArgumentParser(prog="python -m ops.replay", description=__doc__)
    parser.add_argument(
        "--until",
        type=cli.day,
        metavar="DAY",
        help="stop where a week has ended, the day after its last: 2013-11-15 for the week to 2013-11-14",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(verb=replay)
    return parser
