"""The frame of every page: its head, its trail, and the two files that it loads; it follows Airflow's theme."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, HTMLResponse, Response

from artifacts.places import Places
from plugins.on_call.guard import reads
from plugins.on_call.markup import Child, Html, el, join

FILES = {"style.css": "text/css", "frame.js": "text/javascript"}
HERE = Path(__file__).parent
COMMAND = 'class="command"'

router = APIRouter(dependencies=reads())


@router.get("/files/{name}")
def file(name: str) -> Response:
    """The style and the script of all pages."""
    if name not in FILES:
        return Response("There is no such file.\n", 404, media_type="text/plain")
    return FileResponse(HERE / name, media_type=FILES[name])


def page(
    request: Request, title: str, *body: Child, trail: Sequence[tuple[str, str]] = (), status: int = 200
) -> Response:
    """An HTML page with `title` as its heading; `trail` are the pages above it, as text and address within the app."""
    above = [link(request, text, *address.split("/")) for text, address in trail]
    crumbs = el("nav", *(el("span", one) for one in above), class_="trail", aria_label="Pages above")
    said = join(*body)
    below = _how_to_run(request.app.state.places) if COMMAND in said else None
    main = el("main", crumbs if above else None, el("h1", title), said, below)
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("title", f"{title} · on call"),
        el("link", rel="stylesheet", href=address_of(request, "files", "style.css")),
        el("script", src=address_of(request, "files", "frame.js")),
    )
    return HTMLResponse("<!doctype html>" + el("html", head, el("body", main), lang="en"), status)


def _how_to_run(places: Places) -> Html:
    """What a command of the page needs to run as it stands, in the home that the page was read from."""
    home = places.home_given
    kept = join(" and ", el("code", f"PIPELINE_HOME={shlex.quote(str(home))}"), " is set") if home else None
    here = join("Commands run in the project's folder, where ", el("code", "python"), " is ")
    stack = join("; in the stack they come after ", el("code", "docker compose exec airflow-scheduler"), ".")
    return el("footer", here, el("code", ".venv/bin/python"), kept, stack, class_="quiet")


def address_of(request: Request, *parts: str, **query: str) -> str:
    """The address of a page of this app, each part and value quoted."""
    root = str(request.scope.get("root_path", ""))
    asked = "&".join(f"{quote(key, safe='')}={quote(value, safe='')}" for key, value in query.items())
    return "/".join([root, *(quote(part, safe="") for part in parts)]) + (f"?{asked}" if asked else "")


def link(request: Request, text: Child, *parts: str, **query: str) -> Html:
    """A link to a page of this app."""
    return el("a", text, href=address_of(request, *parts, **query))


def version(request: Request, model: str, number: int) -> Html:
    """A link to the page of a version."""
    return el("span", link(request, f"version {number}", "models", model, "versions", str(number)), class_="nowrap")


def no_page(request: Request, why: str, status: int = 404) -> Response:
    """The answer when there is nothing to show, in words."""
    return page(request, "Not here", el("p", join(why), class_="down"), status=status)
