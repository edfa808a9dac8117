"""How the metrics went since: of what was answered, window by window, once its labels were known."""

from collections.abc import Mapping
from datetime import date

from artifacts.finding import State
from artifacts.metric_names import directed, words
from plugins.on_call.chart import Shape
from plugins.on_call.drift import cannot_be_read, newest_first
from plugins.on_call.drift_days import last_day
from plugins.on_call.home import Home
from plugins.on_call.markup import Html, el, join
from plugins.on_call.over_time import Point, whiskers

MARKS: Mapping[State, Shape] = {"OK": "ring", "DRIFT": "disc", "UNKNOWN": "diamond"}


def live_metrics(home: Home, model: str) -> Html:
    """The metrics of each window once its labels were known."""
    windows = [one for one in reversed(newest_first(home, model)) if one.brief.metrics]
    names = sorted({one.rule for window in windows for one in window.brief.metrics})
    drawn: list[Html] = []
    known: list[date] = []
    for rule in names:
        points, walls = [], []
        for window in windows:
            one = next((m for m in window.brief.metrics if m.rule == rule and m.value is not None), None)
            if one is not None and one.value is not None:
                about = f"{last_day(window)}: {one.value} [{one.low}, {one.high}], {one.state}, {one.rows} rows"
                shape = MARKS[one.state]
                known.append(last_day(window))
                points.append(Point(f"{last_day(window):%m-%d}", one.value, one.low, one.high, shape, about))
                walls += [] if one.threshold is None else [one.threshold]
        if points:
            about = f"{words(rule)} by window"
            drawn.append(
                el(
                    "figure",
                    el("figcaption", f"{directed(rule)}, by window"),
                    whiskers(about, points, {}, walls[-1] if walls else None),
                )
            )
    missing = cannot_be_read(home, model)
    if not drawn:
        none = "No window has labels yet: they are known some time after the answers."
        return join(missing, el("p", none if missing is None else "Of what can be read no window has labels."))
    newest = "; of none that ended later are the labels known." if missing is None else ", as far as it can be read."
    legend = (
        f"Of what was answered in windows that ended {min(known)} to {max(known)}{newest} "
        "○\N{NO-BREAK SPACE}OK, ●\N{NO-BREAK SPACE}DRIFT, ◇\N{NO-BREAK SPACE}not judged; dashed: the newest threshold."
    )
    return join(missing, el("p", legend, class_="quiet"), el("div", *drawn, class_="figures"))
