"""Rules of the C++ source that no compiler checks."""

from __future__ import annotations

import graphlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("harness", "histogram", "runtimes", "workloads")
Arrows = Mapping[str, Sequence[str]]

# What the build writes belongs to no room (harness/build_info.hpp).
_INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)/[^/"]+"', re.MULTILINE)


def sources() -> list[Path]:
    found = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.[ch]pp")]
    assert len(found) > 100
    return found


def test_json_becomes_text_in_one_place_which_replaces_what_is_no_utf8() -> None:
    dumping = [path.relative_to(ROOT).as_posix() for path in sources()
               if "dump(" in path.read_text(encoding="utf-8")]  # fmt: skip
    assert dumping == ["harness/measure/json.hpp"]


def allowed() -> Arrows:
    with (ROOT / "architecture.toml").open("rb") as file:
        rooms: Arrows = tomllib.load(file)["cpp"]
    return rooms


def room_of(folder: str) -> str:
    """The room that a folder is in. Each folder of the harness is one; runtimes/loop is no room."""
    parts = folder.split("/")
    return "/".join(parts[:2]) if parts[0] == "harness" else parts[0]


def used_by(room: str, text: str) -> set[str]:
    """The rooms, but its own, that a source of this room includes from."""
    return {room_of(folder) for folder in _INCLUDE.findall(text)} - {room, "harness"}


def includes() -> dict[str, set[str]]:
    """What each room of the tree uses."""
    found: dict[str, set[str]] = {}
    for path in sources():
        room = room_of(path.parent.relative_to(ROOT).as_posix())
        found.setdefault(room, set()).update(used_by(room, path.read_text(encoding="utf-8")))
    return found


def test_every_room_includes_what_the_architecture_allows_and_needs_all_of_it() -> None:
    assert includes() == {room: set(others) for room, others in allowed().items()}


def test_no_room_uses_one_that_uses_it() -> None:
    graphlib.TopologicalSorter(allowed()).prepare()


@pytest.mark.parametrize(
    ("room", "line", "used"),
    [
        ("workloads", '#include "harness/measure/json.hpp"', {"harness/measure"}),
        ("runtimes", '  #  include "workloads/c10k/info.hpp"', {"workloads"}),
        ("harness/worker", '#include "harness/cli/commands.hpp"', {"harness/cli"}),
        ("harness/worker", '#include "harness/worker/replies.hpp"', set()),
        ("harness/cli", '#include "harness/build_info.hpp"', set()),
    ],
)
def test_an_include_of_another_room_is_seen(room: str, line: str, used: set[str]) -> None:
    assert used_by(room, f"// a comment\n{line}\n#include <vector>\n") == used


def test_a_planted_include_and_a_planted_cycle_are_refused() -> None:
    planted = includes()
    planted["workloads"].add("harness/measure")
    assert planted != {room: set(others) for room, others in allowed().items()}
    with pytest.raises(graphlib.CycleError):
        graphlib.TopologicalSorter(planted | {"harness/count": ["harness/cli"]}).prepare()


def test_comments_and_strings_which_the_formatter_leaves_alone_end_at_column_100() -> None:
    files = [*sources(), *(ROOT / "tests").rglob("*.[ch]pp")]
    wide = [f"{path.relative_to(ROOT).as_posix()}:{number}"
            for path in files
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
            if len(line) > 100]  # fmt: skip
    assert wide == []
