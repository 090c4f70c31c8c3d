"""Finds what g++ 12 miscompiles around co_await and what no type can tell: a lambda or braces in a
full expression that awaits, and a co_await inside braces that initialise something.

It reads C++ as text: comments and literals are blanked out, and a full expression is what lies
between two of `;`, `{` and `}` that are not part of an initialiser. What the compiler refuses by
itself is in runtimes/coroutine/awaitable.hpp; this is the rest. Where it is wrong, name the object
in a statement before: that is what is safe.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_BLANKED = re.compile(
    r"""//[^\n]*|/\*.*?\*/|R"\((?:.|\n)*?\)"|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Za-z_])'(?:\\.|[^'\\\n])+'""",
    re.DOTALL,
)
_AWAIT = re.compile(r"(?<!operator )\bco_await\b")
# What stands before the brace of a block: anything else opens an initialiser.
_BLOCK = re.compile(r"(?:\)|\belse|\bdo|\btry|\bconst|\bnoexcept|->\s*[\w:<>&,\s]+|[;{}:])\s*$")
_LAMBDA = re.compile(r"\[[^\[\]]*\]\s*(?:\(|\{|mutable\b)")
_INITIALISER = re.compile(r"[\w>,(=]\s*\{")

_TRIVIAL = re.compile(r"\bstd::suspend_(?:always|never)\s*\{\s*\}")


@dataclass(frozen=True)
class Finding:
    """A place and what is unsafe there."""

    line: int
    what: str


def findings(source: str) -> list[Finding]:
    """The unsafe places of a C++ source, in the order of the text."""
    text = _BLANKED.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), source)
    found = []
    for match in _AWAIT.finditer(text):
        what = _unsafe(text, match.start(), match.end())
        if what:
            found.append(Finding(text.count("\n", 0, match.start()) + 1, what))
    return found


def check(paths: list[Path]) -> list[str]:
    """A line for each finding: file, line and what is wrong."""
    return [
        f"{path}:{finding.line}: {finding.what}"
        for path in paths
        for finding in findings(path.read_text(encoding="utf-8"))
    ]


def _unsafe(text: str, start: int, end: int) -> str | None:
    if _opens_initialiser(text, start):
        return "co_await inside braces: await first, into a variable"
    expression = _TRIVIAL.sub("", _rest_of_expression(text, end))
    if _LAMBDA.search(expression):
        return "a lambda inside an expression that awaits: name it in a statement before"
    if _INITIALISER.search(expression):
        return "braces inside an expression that awaits: name the object in a statement before"
    return None


def _opens_initialiser(text: str, at: int) -> bool:
    """Whether the innermost open brace before `at`, within its statement, initialises something."""
    depth = 0
    for index in range(at - 1, -1, -1):
        letter = text[index]
        if letter == "}":
            depth += 1
        elif letter == "{" and depth:
            depth -= 1
        elif letter == "{":
            return _BLOCK.search(text[:index][-200:]) is None
        elif letter == ";" and not depth:
            return False
    return False


def _rest_of_expression(text: str, start: int) -> str:
    """From a co_await to the end of its full expression: a semicolon, or the closing side of a
    parenthesis that opened before it."""
    depth = 0
    for index in range(start, len(text)):
        letter = text[index]
        if letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth -= 1
            if depth < 0:
                return text[start:index]
        elif letter == ";" and depth == 0:
            return text[start:index]
    return text[start:]
