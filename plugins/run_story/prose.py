"""The runbook's Markdown, as far as it goes: paragraphs, lists, code and commands, bold words and links' texts."""

import re

from plugins.on_call.markup import Child, Html, el, join, joined

_INLINE = re.compile(r"`([^`]+)`|\*\*([^*]+)\*\*|\[([^\]]+)\]\([^)]*\)")


def prose(markdown: str) -> Html:
    """The text as HTML; what is not known here stays as it is written."""
    blocks: list[Child] = []
    for number, part in enumerate(re.split(r"```\w*\n(.*?)```", markdown, flags=re.S)):
        if number % 2:
            blocks.append(el("pre", part.rstrip("\n")))
        else:
            blocks += [_block(one.strip()) for one in re.split(r"\n\s*\n", part) if one.strip()]
    return joined(blocks)


def _block(text: str) -> Html:
    lines = text.splitlines()
    if all(line.startswith(("- ", "  ")) for line in lines):
        items = re.split(r"^- ", text, flags=re.M)[1:]
        return el("ul", *(el("li", _inline(item)) for item in items))
    return el("p", _inline(text))


def _inline(text: str) -> Html:
    flat, told, at = " ".join(text.split()), [], 0
    for match in _INLINE.finditer(flat):
        told.append(join(flat[at : match.start()]))
        code, bold, linked = match.groups()
        told.append(el("code", code) if code else el("b", bold) if bold else join(linked))
        at = match.end()
    return joined([*told, flat[at:]])
