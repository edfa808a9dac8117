"""The numbers behind a verdict, as pictures with intervals, and as a table of what moved."""

from collections.abc import Mapping, Sequence
from typing import Any

from artifacts.finding import part_in_words
from artifacts.metric_names import directed, words
from artifacts.plural import many
from plugins.on_call.chart import Interval, Shape, Widths, digits, intervals
from plugins.on_call.markup import Child, Html, el, join, joined, name, scrolled, table
from plugins.run_story.about import about_window
from plugins.run_story.story import Story

SHAPES: dict[str, Shape] = {"candidate": "disc", "champion": "ring", "naive": "square"}
# A tab beside Airflow's own panels has little more than 500 pixels, and the names are short.
NARROW = Widths(name=84, plot=210, note=208)


def has_numbers(story: Story) -> bool:
    """Whether any task left numbers."""
    return any(story.note(kind) for kind in ("verdict", "decided", "findings", "landed"))


def numbers_part(story: Story) -> Html:
    """Of each verdict its metrics, of each check what moved, of each landing its rows."""
    verdicts = {told["candidate"]: told for kind in ("verdict", "decided") for told in story.note(kind)}
    shown = [*map(_verdict, verdicts.values()), *map(_findings, story.note("findings"))]
    return joined([*shown, *map(_landed, story.note("landed"))])


def _verdict(told: Mapping[str, Any]) -> Html:
    metrics: Mapping[str, Mapping[str, Sequence[float | None]]] = told["metrics"]
    charts = [_chart(metric, metrics) for metric in metrics["candidate"]]
    reasons = el("ul", *(el("li", one["text"]) for one in told["reasons"]))
    figures = el("div", *charts, class_="figures")
    # What was noted before has no level.
    level = el("p", f"[low, high] and bars: {told['level']} intervals.", class_="quiet") if "level" in told else None
    return join(el("h3", f"{told['model']}: {told['headline']}"), reasons, level, figures)


def _chart(metric: str, metrics: Mapping[str, Mapping[str, Sequence[float | None]]]) -> Html:
    rows = []
    for who, of in metrics.items():
        value, low, high = of.get(metric, (None, None, None))
        note = f"{digits(value)} [{digits(low)}, {digits(high)}]"
        rows.append(Interval(who, value, low, high, SHAPES.get(who, "diamond"), note))
    title = words(metric)
    picture = intervals(f"{title} with its interval", rows, widths=NARROW)
    return el("figure", el("figcaption", directed(metric)), scrolled(title, picture))


def _findings(told: Mapping[str, Any]) -> Html:
    heading = el("h3", f"{about_window(told)}: {told['state']}")
    if not told["worst"]:
        moved, blind = "{}, and nothing moved.", "? Nothing was judged of {}, so what moved is not known."
        return join(heading, el("p", (moved if told["state"] == "OK" else blind).format(many(told["rows"], "row"))))
    heads = ("state", "what", "rule", "value", "threshold", "interval", "why")
    more = told["not_ok"] - len(told["worst"])
    left = el("p", f"And {more} more.") if more else None
    return join(heading, table(heads, [_finding(one) for one in told["worst"]], numbers=(3, 4)), left)


def _finding(one: Mapping[str, Any]) -> list[Child]:
    what = one["feature"] or "the window"
    about = f"{one['rule']}{' against ' + one['baseline'] if one['baseline'] else ''}{_part(one['part'])}"
    interval = f"{digits(one['low'])} to {digits(one['high'])}" if one["low"] is not None else None
    state = el("span", one["state"], class_=f"state {one['state']}")
    why = join(one["text"], *(join(el("br"), el("code", told)) for told in one["examples"]))
    return [state, name(what), about, digits(one["value"]), digits(one["threshold"]), interval, why]


def _part(part: str | None) -> str:
    return f", {part_in_words(part)}" if part else ""


def _landed(told: Mapping[str, Any]) -> Html:
    rows: list[list[Child]] = [
        [
            name(one["id"]),
            "new" if one["new"] else "was there",
            sum(one["rows"].values()),
            ", ".join(f"{count} {why}" for why, count in one["set_aside"].items()) or None,
        ]
        for one in told["partitions"]
    ]
    return join(el("h3", told["source"]), table(("partition", "", "rows", "set aside"), rows, numbers=(2,)))
