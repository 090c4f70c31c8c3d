"""Writes the runtimes that are programs of their own, for `skein list`, from
runtimes/*/runtime.toml."""

from __future__ import annotations

import json
from pathlib import Path

from ..records.runtimes import foreign
from .header import write_header


def write(path: Path) -> None:
    """Writes the header."""
    rows = [
        "foreign_runtime{"
        + ", ".join(json.dumps(text) for text in (each.id, each.language, each.folder.name))
        + "}"
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
        "};",
        f"inline constexpr std::array<foreign_runtime, {len(rows)}> foreign_runtimes{{",
        "    " + ",\n    ".join(rows) + "};\n",
        "}  // namespace skein\n",
    ]
    write_header(path, "runtimes/*/runtime.toml", "\n".join(lines))
