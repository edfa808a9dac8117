"""What the Dockerfile of the stack must keep."""

import re
from collections.abc import Iterator

from ops.stack.rules import PINNED, SECRET_NAME

# One backslash, as the builder sees it: two say a backslash, and the instruction ends.
_GOES_ON = re.compile(r"(?<!\\)\\[ \t]*$")
# Up to a blank of ASCII: where another ends the word for the builder, the rest is looked at with it.
_OPTION = re.compile(r"(?a)--\S+")


def dockerfile(text: str) -> Iterator[str]:
    """What it is made of is pinned, its user is not root, and nothing secret is built into it."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    yield from _directives(text)
    text = "\n".join(_instructions(text))
    yield from _unreadable(text)
    yield from _images(text)
    for line in re.findall(r"(?im)^ADD\s.*", text):
        yield f"Dockerfile: {line.split()[0]} may fetch or unpack what nobody pinned; COPY of a file is wanted"
    for line in re.findall(r"(?im)^RUN\s.*", text):
        for fetched in re.findall(r"\b(?:curl|wget)\b|\b(?:https?|ftp)://\S+", line):
            yield f"Dockerfile: RUN with {fetched} fetches what nobody pinned; COPY of a file is wanted"
    # A user is not followed from one stage into the next, which may be built on it.
    last = re.split(r"(?im)^FROM\s", text)[-1]
    users = re.findall(r"(?im)^USER\s+(\S+)", last)
    if not users or not re.fullmatch(r"[1-9]\d*:[1-9]\d*", users[-1]):
        yield "Dockerfile: ends as root; USER UID:GID is wanted"
    for value in re.findall(r"(?i)\bAIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS[=\s]+[\"']?(\w+)", text):
        if value.lower() not in {"false", "0"}:
            yield "Dockerfile: AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS lets everybody in without a login"
    for name in (*re.findall(r"\s(\w+)=", text), *_set(text)):
        if SECRET_NAME.search(name):
            yield f"Dockerfile: {name} would be built into the image"


def _set(text: str) -> Iterator[str]:
    """What is set without a sign: the older form of ENV has a blank in its place, and ARG needs no value."""
    for word, line in re.findall(r"(?im)^(ENV|ARG)\s+(.*)", text):
        names = line.split() if word.upper() == "ARG" else line.split()[:1]
        yield from (name for name in names if "=" not in name)


def _directives(text: str) -> Iterator[str]:
    """What would have the file read by another program, or in another way."""
    for image in re.findall(r"(?im)^\s*(?:#|//)\s*syntax\s*=\s*(\S+)", text):
        yield f"Dockerfile: syntax {image} would build it; none is wanted"
    for sign in re.findall(r"(?im)^\s*#\s*escape\s*=\s*(\S+)", text):
        yield f"Dockerfile: escape {sign} would have its lines end elsewhere; none is wanted"


def _unreadable(text: str) -> Iterator[str]:
    """What says something that this check cannot tell, and the builder might."""
    if "\r" in text:
        yield "Dockerfile: whether a carriage return without a line feed ends a line cannot be told; none is wanted"
    for word, opened in re.findall(r"(?im)^(RUN|COPY|ADD)\s.*?(\S*<<\S*)", text):
        yield f"Dockerfile: {word} with {opened} may begin a here-document, whose end cannot be told; none is wanted"
    for line in re.findall(r"(?im)^ONBUILD\b.*", text):
        yield f"Dockerfile: {line} runs in another image, and what it does cannot be told; none is wanted"
    flags = " ".join(re.findall(r"(?im)^(?:FROM|COPY|RUN)\s+((?:--\S+\s+)+)", text)).split()
    for flag in (flag for flag in flags if re.search(r"[\"'\\]", flag)):
        yield f"Dockerfile: what {flag} means, with its quote or backslash, cannot be told; none is wanted"


def _images(text: str) -> Iterator[str]:
    """What is built on or copied from, and not pinned."""
    stages = set(re.findall(r"(?im)^FROM\s.*\sAS\s+(\S+)", text))
    bases = re.findall(r"(?im)^FROM\s+(?:--\S+\s+)*(\S+)", text)
    options = " ".join(
        option for line in re.findall(r"(?im)^(?:COPY|RUN)\s.*", text) for option in _OPTION.findall(line)
    )
    copied = re.findall(r"(?i)\bfrom=([^\s,]+)", options)
    for word, image in [*(("FROM", one) for one in bases), *(("--from", one) for one in copied)]:
        if image not in stages and not PINNED.fullmatch(image):
            yield f"Dockerfile: {word} {image} is not pinned as NAME:VERSION@sha256:DIGEST"


def _instructions(text: str) -> Iterator[str]:
    """Each instruction in a line, as the builder reads it: the lines that it goes on in are joined without a blank."""
    lines = (line for line in text.split("\n") if line.strip() and not line.lstrip().startswith("#"))
    for line in lines:
        whole, goes_on = _GOES_ON.subn("", line.lstrip())
        while goes_on:
            more, goes_on = _GOES_ON.subn("", next(lines, ""))
            whole += more
        yield whole.strip()
