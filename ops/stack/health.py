"""Whether a health check of a container can fail at all."""

import re
import shlex
from collections.abc import Sequence

# They succeed whatever the service does; `exit 0` besides.
_IDLE = {"true", ":", "echo", "printf", "sleep"}
_SHELLS = {"sh", "ash", "bash", "dash"}
_SCRIPT_FOLLOWS = re.compile(r"-[a-z]*c")
_OPERATORS = ";&|()"


def can_fail(test: Sequence[str]) -> bool:
    """Whether `test`, as a compose file has it, says so when the service does not answer."""
    kind, *words = test
    if kind == "NONE":
        return False
    return not _idles(["sh", "-c", *words] if kind == "CMD-SHELL" else words)


def _idles(words: Sequence[str]) -> bool:
    """Whether a command succeeds by itself; a shell's does what the script says."""
    name = words[0].rpartition("/")[2] if words else ":"
    script = next((at for at, word in enumerate(words) if _SCRIPT_FOLLOWS.fullmatch(word)), None)
    if name not in _SHELLS or script is None:
        return name in _IDLE or [*words] == ["exit", "0"]
    try:
        steps = _read("".join(words[script + 1 : script + 2]))
    except ValueError:
        # No shell reads it either.
        return False
    return _list_idles(_after_last(steps, ";", "&"))


def _list_idles(words: Sequence[str]) -> bool:
    """Of commands that && and || join, from left to right, what comes of the last; of a pipe, its end."""
    at = max((at for at, word in enumerate(words) if word in {"&&", "||"}), default=None)
    if at is None:
        return _idles(_after_last(words, "|"))
    left, right = _list_idles(words[:at]), _list_idles(words[at + 1 :])
    return (left and right) if words[at] == "&&" else (left or right)


def _read(script: str) -> list[str]:
    """A script's words and operators, without the brackets that only group, and without those at the end."""
    lexer = shlex.shlex(script.strip().replace("\n", " ; "), posix=True, punctuation_chars=_OPERATORS)
    lexer.whitespace_split, lexer.commenters = True, ""
    words = [word.strip("()") if set(word) <= set(_OPERATORS) else word for word in lexer]
    words = [word for word in words if word not in {"", "{", "}"}]
    while words and words[-1] in {";", "&"}:
        words.pop()
    return words


def _after_last(words: Sequence[str], *operators: str) -> Sequence[str]:
    at = max((at for at, word in enumerate(words) if word in operators), default=-1)
    return words[at + 1 :]
