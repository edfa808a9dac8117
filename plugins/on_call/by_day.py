"""Predictions a day, and a way to look one up: a part of the page of a model."""

from collections import Counter
from datetime import UTC, date, datetime

from fastapi import Request

from artifacts.lost_log import refuse_lost_log
from artifacts.prediction_log import Key, Log, backlog, counts
from plugins.on_call.home import Home
from plugins.on_call.markup import Html, el, join, scrolled
from plugins.on_call.over_time import bars, breaks, with_between
from plugins.on_call.section import told

# What the browser says, too, when another text is put in.
FORM = "The prediction_id as the service's answer gave it: 32 characters, each 0-9 or a-f, in small letters."


def counted(home: Home, model: str) -> dict[Key, int]:
    """Compacted predictions by version and day, read once for each page.

    Raises as `counts` does, and as `refuse_lost_log` where there is none.
    """
    return home.once(("counts", model), lambda: _counted(home, model))


def _counted(home: Home, model: str) -> dict[Key, int]:
    found = counts(Log(home.places.predictions, home.places.prediction_parts.rstrip("/"), model))
    if not found:
        refuse_lost_log(home.places, model)
    return found


def predictions(request: Request, home: Home, model: str) -> Html:
    """Predictions a day, and a way to look one up, which stands also where a part of the log is gone."""
    return join(told("Predictions a day", lambda: _by_day(home, model)), _search(request, model))


def _by_day(home: Home, model: str) -> Html:
    """By what the manifests of the compacted log say."""
    by_day: Counter[date] = Counter()
    by_version: Counter[int] = Counter()
    for key, count in counted(home, model).items():
        by_day[key.day] += count
        by_version[key.version] += count
    waiting = backlog(home.places.predictions)
    left = (
        f"{waiting.predictions:,} more of all models are in the log and not compacted yet." if waiting.segments else ""
    )
    if not by_day:
        return el("p", f"No prediction was compacted yet. {left}")
    days = with_between(by_day)
    first, last = days[0], days[-1]
    over = f"{first}" if first == last else f"{first} to {last}"
    answered = ", ".join(f"version {number} answered {count:,}" for number, count in sorted(by_version.items()))
    today = datetime.now(UTC).date()
    fresh = "" if (today - last).days <= 1 else f" The newest day is {(today - last).days:,} days old."
    picture = bars(f"Predictions a day, {first} to {last}", by_day, days)
    signs = "A day without any has a stroke below the line"
    signs += "; at a dotted line more than a month without any is left out." if breaks(days) else "."
    by = el(
        "p",
        f"By day of asking (UTC), {over}; nothing is newer. In all, {answered}. {left}{fresh} {signs}",
        class_="quiet",
    )
    return join(by, scrolled("predictions a day", picture))


def _search(request: Request, model: str) -> Html:
    return el(
        "form",
        el("label", "Look up a prediction by its id ", for_="prediction"),
        el(
            "input",
            type="text",
            id="prediction",
            name="id",
            pattern="[0-9a-f]{32}",
            required=True,
            maxlength=32,
            title=FORM,
            aria_describedby="prediction-form",
        ),
        " ",
        el("button", "Show it", type="submit"),
        el("p", FORM, id="prediction-form", class_="quiet"),
        action=f"{request.scope.get('root_path', '')}/models/{model}/predictions",
        method="get",
    )
