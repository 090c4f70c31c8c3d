"""A C++ header that is written from a declaration."""

from __future__ import annotations

from pathlib import Path


def write_header(path: Path, source: str, body: str) -> None:
    """Writes it unless it has that content already, so that nothing is compiled for nothing."""
    text = f"// Written from {source}; change that file, not this one.\n#pragma once\n\n{body}"
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
