"""HTML that cannot be forgotten to escape: text is escaped unless it is `Html` already."""

import re
from collections.abc import Iterable, Sequence
from html import escape

VOID = frozenset({"br", "hr", "img", "input", "link", "meta"})
NONE = "\N{EN DASH}"
WEB = ("http://", "https://")
# Control characters but tab and line ends, and what is not seen or turns the direction of what comes after it.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
Value = str | int | float | bool | None


class Html(str):
    """Text that is HTML: what `el` and `join` made, and nothing else."""

    __slots__ = ()


Child = Html | str | int | None


def text(told: str) -> str:
    """`told` as text of HTML: escaped, and what is not seen is written as Python writes it, such as `\\u202e`."""
    return escape(_UNSEEN.sub(lambda one: ascii(one[0])[1:-1], told))


def el(name: str, /, *children: Child, **attributes: Value) -> Html:
    """An element. Children that are not `Html` are escaped, None is left out.

    `class_` is written `class`, an underscore a hyphen; an attribute that is None or False is left out.
    """
    told = "".join(_attribute(key, value) for key, value in attributes.items())
    return Html(f"<{name}{told}>" if name in VOID else f"<{name}{told}>{join(*children)}</{name}>")


def join(*children: Child) -> Html:
    """Children after one another, what is not `Html` escaped."""
    return Html("".join(one if isinstance(one, Html) else text(str(one)) for one in children if one is not None))


def joined(children: Iterable[Child]) -> Html:
    """As `join`, of any iterable."""
    return join(*children)


def outside(url: str | None, shown: Child) -> Html:
    """A link that leaves the frame; only its text when the URL is none of the web."""
    if url is None or not url.startswith(WEB):
        return join(shown)
    return el("a", shown, href=url, target="_blank", rel="noopener noreferrer", class_="outside")


def name(named: str) -> Html:
    """A name that may break behind an underscore, a dot or a slash."""
    told = text(named)
    for sign in "_./":
        told = told.replace(sign, f"{sign}<wbr>")
    return Html(told)


def table(heads: Sequence[Child], rows: Iterable[Sequence[Child]], *, numbers: Sequence[int] = ()) -> Html:
    """A table that scrolls by itself, with the keyboard too; the columns `numbers` are set flush right."""

    def cells(tag: str, row: Sequence[Child], **attributes: Value) -> Html:
        of = enumerate(row)
        return el("tr", *(el(tag, one, class_="n" if at in numbers else None, **attributes) for at, one in of))

    head = el("thead", cells("th", heads, scope="col"))
    body = el("tbody", *(cells("td", row) for row in rows))
    return scrolled("table", el("table", head, body))


def scrolled(label: str, wide: Html) -> Html:
    """What may be wider than the page, in a region that the keyboard reaches."""
    return el("div", wide, class_="scroll", tabindex="0", role="region", aria_label=label)


def facts(pairs: Iterable[tuple[Child, Child]]) -> Html:
    """Names and values beside one another."""
    return el("dl", *(join(el("dt", key), el("dd", value)) for key, value in pairs), class_="facts")


def folded(summary: Child, *body: Child, is_open: bool = False) -> Html:
    """What is seen on request."""
    return el("details", el("summary", summary), *body, open=is_open)


def command(line: str) -> Html:
    """A line to copy into a shell."""
    return el("code", line, class_="command")


def _attribute(key: str, value: Value) -> str:
    if value is None or value is False:
        return ""
    written = key.rstrip("_").replace("_", "-") if key != "viewBox" else key
    return f" {written}" if value is True else f' {written}="{text(str(value))}"'
