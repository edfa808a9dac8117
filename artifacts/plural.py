"""A word for one thing or for several, as its number wants it."""


def plural(count: int, one: str, several: str | None = None) -> str:
    """`day` for 1 and `days` for any other number; `several` where no s makes it."""
    return one if count == 1 else several or f"{one}s"


def many(count: int, one: str, several: str | None = None) -> str:
    """`1 day`, `2 days`."""
    return f"{count} {plural(count, one, several)}"
