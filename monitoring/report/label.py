"""Text in a picture, whole in the room that it has: set smaller, then narrower, and cut in its middle at last."""

from html import escape

# Of the size of the letters, measured a little too wide: a capital is wider than others.
WIDTH, CAPITAL = 0.6, 0.14
ROW, TICK = 14, 12
# So narrow are letters still read.
NARROWEST = 0.7


def width(text: str, size: int) -> float:
    """How many pixels the text takes at most, as a rule."""
    return size * (WIDTH * len(text) + CAPITAL * sum(one.isupper() for one in text))


def fitted(text: str, room: float, attributes: str, *, size: int = ROW, title: str = "") -> str:
    """An SVG text no wider than `room`, its whole text a tooltip (`title`, else itself) where it is narrower or cut.

    Names differ at both ends, so what is cut is the middle. `attributes` are those of the element, but its class.
    """
    if width(text, size) > room:
        size, title = TICK, title or text
    shown = text
    while len(shown) > 1 and width(shown, size) * NARROWEST > room:
        half = (len(shown) - 1) // 2
        shown = f"{text[:half]}…{text[len(text) - half + 1 :]}"
    narrow = f' textLength="{room:g}" lengthAdjust="spacingAndGlyphs"' if width(shown, size) > room else ""
    about = f"<title>{escape(title)}</title>" if title else ""
    return f'<text {attributes}{narrow} class="{"row" if size == ROW else "tick"}">{escape(shown)}{about}</text>'
