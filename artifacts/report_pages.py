"""Where the page of findings stands."""

from artifacts.places import Places


def reports_of(places: Places) -> str:
    """The folder of all pages."""
    return str(places.home / "reports")


def page_of(root: str, identity: str) -> str:
    """The path, or the URL, of the page of findings `MODEL/NAME` under a root."""
    return f"{root.rstrip('/')}/{identity}/index.html"
