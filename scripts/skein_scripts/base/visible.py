"""Names as they are shown: a character that would not be seen, or would move the cursor or end the
line, stands as its escape. Imports the standard library alone, since messages of errors need it."""

from __future__ import annotations

import unicodedata

# Controls, what turns the direction of writing, halves of surrogates, ends of lines.
_HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
_JOINERS = "\u200c\u200d"  # of letters that are drawn as one: these are text
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def visible(text: str, keep: str = "") -> str:
    r"""The text with escapes such as \x1b or \u2028 for what would not be seen, but for the
    characters to keep: the ends of lines of a message that has several."""
    return "".join(one if _is_shown(one, keep) else _escape(one) for one in text)


def _is_shown(one: str, keep: str) -> bool:
    return one in keep or one in _JOINERS or unicodedata.category(one) not in _HIDDEN


def _escape(one: str) -> str:
    code = ord(one)
    return _SHORT.get(one) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")
