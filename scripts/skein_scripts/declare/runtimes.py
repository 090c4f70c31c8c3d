"""Writes the runtimes that are programs of their own, for `skein list` and `skein explain`, from
runtimes/*/runtime.toml."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

from ..records.runtimes import Runtime, foreign
from .header import write_header

_STRUCTURES = """\
#include <array>
#include <span>
#include <string_view>

namespace skein {

/// Work that a runtime does not do, a workload or one of its modes or patterns, and why.
struct undone_work {
  std::string_view work;
  std::string_view reason;
};

/// A worker in another language: a folder of runtimes/ with a manifest.
struct foreign_runtime {
  std::string_view id;
  std::string_view language;
  std::string_view folder;
  std::string_view command;  ///< how it is run from the top of the source tree
  std::string_view about;
  std::string_view unfair;
  std::string_view head;     ///< where its source says more, from the top of the source tree
  std::string_view buffers;  ///< of c10k, those that it serves; empty: it is asked
  std::span<const undone_work> cannot;
  bool is_built;  ///< whether it has to be, before it runs
};
"""


def write(path: Path) -> None:
    """Writes the header."""
    rows = list(foreign().values())
    lines = [
        _STRUCTURES,
        *(_cannot(each) for each in rows if each.cannot),
        f"inline constexpr std::array<foreign_runtime, {len(rows)}> foreign_runtimes{{",
        "    " + ",\n    ".join(map(_row, rows)) + "};\n",
        "}  // namespace skein\n",
    ]
    write_header(path, "runtimes/*/runtime.toml", "\n".join(lines))


def _cannot(runtime: Runtime) -> str:
    rows = ", ".join(f"undone_work{{{_text(work)}, {_text(why)}}}" for work, why in runtime.cannot)
    return (
        f"inline constexpr std::array<undone_work, {len(runtime.cannot)}>"
        f" cannot_of_{runtime.id}{{{rows}}};"
    )


def _row(runtime: Runtime) -> str:
    words = [_from_the_top(runtime.folder, word) for word in runtime.run]
    texts = (
        runtime.id, runtime.language, runtime.folder.name, shlex.join(words), runtime.about,
        runtime.unfair, _in_the_tree(runtime.head, runtime.folder), ", ".join(runtime.buffers),
    )  # fmt: skip
    cannot = f"cannot_of_{runtime.id}" if runtime.cannot else "{}"
    is_built = str(bool(runtime.build)).lower()
    return f"foreign_runtime{{{', '.join(map(_text, texts))}, {cannot}, {is_built}}}"


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _from_the_top(folder: Path, word: str) -> str:
    # What a build makes is in a folder of its own, and is not there yet.
    of_the_folder = (folder / word).exists() or ("/" in word and not word.startswith(("/", "-")))
    return _in_the_tree(folder / word, folder) if of_the_folder else word


def _in_the_tree(path: Path, folder: Path) -> str:
    return str(path.relative_to(folder.parents[1]))
