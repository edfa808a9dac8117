"""What the Dockerfile of the stack must keep."""

import re
from collections.abc import Iterator

from ops.stack.rules import PINNED, SECRET_NAME

_HEREDOC = re.compile(r"(?<!\S)\d*<<(?P<dash>-?)(?P<quote>[\"']?)(?P<name>[^\s<\"']+)(?P=quote)(?!\S)")


def dockerfile(text: str) -> Iterator[str]:
    """What it is made of is pinned, its user is not root, and nothing secret is built into it."""
    for image in re.findall(r"(?im)^\s*#\s*syntax\s*=\s*(\S+)", text):
        yield f"Dockerfile: syntax {image} would build it; none is wanted"
    for sign in re.findall(r"(?im)^\s*#\s*escape\s*=\s*(\S+)", text):
        yield f"Dockerfile: escape {sign} would have its lines end elsewhere; none is wanted"
    text = "\n".join(_instructions(text))
    stages = set(re.findall(r"(?im)^FROM\s.*\sAS\s+(\S+)", text))
    bases = re.findall(r"(?im)^FROM\s+(?:--\S+\s+)*(\S+)", text)
    copied = re.findall(r"(?im)^(?:COPY|RUN)\s.*?(?:--from=|--mount=\S*?\bfrom=)([^\s,]+)", text)
    for word, image in [*(("FROM", one) for one in bases), *(("--from", one) for one in copied)]:
        if image not in stages and not PINNED.fullmatch(image):
            yield f"Dockerfile: {word} {image} is not pinned as NAME:VERSION@sha256:DIGEST"
    for line in re.findall(r"(?im)^ADD\s.*", text):
        yield f"Dockerfile: {line.split()[0]} may fetch or unpack what nobody pinned; COPY of a file is wanted"
    for line in re.findall(r"(?im)^RUN\s.*", text):
        for fetched in re.findall(r"\b(?:curl|wget)\b|\b(?:https?|ftp)://\S+", line):
            yield f"Dockerfile: RUN with {fetched} fetches what nobody pinned; COPY of a file is wanted"
    users = re.findall(r"(?im)^USER\s+(\S+)", text)
    if not users or not re.fullmatch(r"[1-9]\d*:[1-9]\d*", users[-1]):
        yield "Dockerfile: ends as root; USER UID:GID is wanted"
    for value in re.findall(r"(?i)\bAIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS[=\s]+[\"']?(\w+)", text):
        if value.lower() not in {"false", "0"}:
            yield "Dockerfile: AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS lets everybody in without a login"
    for name in re.findall(r"(?im)(?:^(?:ENV|ARG)\s+|\s)([A-Za-z_][A-Za-z0-9_]*)=", text):
        if SECRET_NAME.search(name):
            yield f"Dockerfile: {name} would be built into the image"


def _instructions(text: str) -> Iterator[str]:
    """Each instruction in a line, as the builder reads it: with the lines that it goes on in and its here-documents."""
    lines = iter(text.split("\n"))
    for line in lines:
        whole = "" if _is_left_out(line) else line.strip()
        while whole.endswith("\\"):
            whole = f"{whole[:-1]} {next((one.strip() for one in lines if not _is_left_out(one)), '')}"
        if re.match(r"(?i)(?:RUN|COPY|ADD)\s", whole):
            bodies = [line for opened in _HEREDOC.finditer(whole) for line in _body(lines, opened)]
            whole = "; ".join([whole, *bodies])
        yield whole


def _is_left_out(line: str) -> bool:
    """A comment or an empty line, also within an instruction that goes on."""
    return not line.strip() or line.lstrip().startswith("#")


def _body(lines: Iterator[str], opened: re.Match[str]) -> Iterator[str]:
    for line in lines:
        if (line.lstrip("\t") if opened["dash"] else line) == opened["name"]:
            return
        yield line
