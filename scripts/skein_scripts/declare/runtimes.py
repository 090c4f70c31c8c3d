"""Writes the runtimes that are programs of their own, for `skein list`, from
runtimes/*/runtime.toml."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

from ..records.runtimes import Runtime, foreign
from .header import write_header


def write(path: Path) -> None:
    """Writes the header."""
    rows = [
        "foreign_runtime{" + ", ".join(json.dumps(text) for text in _texts(each)) + "}"
        for each in foreign().values()
    ]
    lines = [
        "#include <array>\n#include <string_view>\n",
        "namespace skein {\n",
        "/// A worker in another language: a folder of runtimes/ with a manifest.",
        "struct foreign_runtime {",
        "  std::string_view id;",
        "  std::string_view language;",
        "  std::string_view folder;",
        "  std::string_view command;  ///< how it is run from the top of the source tree",
        "};",
        f"inline constexpr std::array<foreign_runtime, {len(rows)}> foreign_runtimes{{",
        "    " + ",\n    ".join(rows) + "};\n",
        "}  // namespace skein\n",
    ]
    write_header(path, "runtimes/*/runtime.toml", "\n".join(lines))


def _texts(runtime: Runtime) -> tuple[str, ...]:
    words = [_from_the_top(runtime.folder, word) for word in runtime.run]
    return runtime.id, runtime.language, runtime.folder.name, shlex.join(words)


def _from_the_top(folder: Path, word: str) -> str:
    # What a build makes is in a folder of its own, and is not there yet.
    of_the_folder = (folder / word).exists() or ("/" in word and not word.startswith(("/", "-")))
    return f"{folder.parent.name}/{folder.name}/{word}" if of_the_folder else word
