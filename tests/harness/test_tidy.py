"""Rules of the C++ source that no compiler checks."""

from __future__ import annotations

import graphlib
import posixpath
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("harness", "histogram", "runtimes", "workloads")
Arrows = Mapping[str, Sequence[str]]

_BLANK = r"(?:[ \t]|/\*.*?\*/)*"
_INCLUDE = re.compile(
    rf"""^{_BLANK}\#{_BLANK}(?:include(?:_next)?|import){_BLANK}[<"]([^">\n]+/[^">\n]+)[">]""",
    re.MULTILINE,
)
# Those without a folder as well, which are of a file's own.
_INCLUDE_ANY = re.compile(_INCLUDE.pattern.replace("+/[", "*["), re.MULTILINE)


def sources_of(root: Path, pattern: str = "*.[ch]pp") -> list[Path]:
    """Those of the product. What Cargo has fetched and built lies in a folder `target`."""
    found = [path for folder in FOLDERS for path in sorted((root / folder).rglob(pattern))]
    return [path for path in found if "target" not in path.relative_to(root).parts]


def sources() -> list[Path]:
    found = sources_of(ROOT)
    assert len(found) > 100
    return found


def test_json_becomes_text_in_one_place_which_replaces_what_is_no_utf8() -> None:
    dumping = [path.relative_to(ROOT).as_posix() for path in sources()
               if "dump(" in path.read_text(encoding="utf-8")]  # fmt: skip
    assert dumping == ["harness/measure/json.hpp"]


def architecture(table: str) -> Arrows:
    with (ROOT / "architecture.toml").open("rb") as file:
        rooms: Arrows = tomllib.load(file)[table]
    return rooms


def room_of(path: str) -> str:
    """The room that a file is in. Each folder of the harness is one; runtimes/loop is no room. What
    the build writes from a room's declarations is that room's."""
    parts = path.removeprefix("generated/").removesuffix(".hpp").split("/")
    return "/".join(parts[:2]) if parts[0] == "harness" else parts[0]


def includes_of(text: str) -> list[tuple[int, str]]:
    """Line and path of each include of a file of ours, however it is written. What the build writes
    about itself (harness/build_info.hpp) is of no room."""
    found = []
    for match in _INCLUDE.finditer(text):
        path = posixpath.normpath(match.group(1))
        ours = path.split("/")[0] in (*FOLDERS, "generated", "tests", "..")
        if ours and path != "harness/build_info.hpp":
            found.append((text.count("\n", 0, match.start()) + 1, path))
    return found


def problems(root: Path, allowed: Arrows) -> list[str]:
    """What the includes of a tree and the list have against each other. Empty where they agree."""
    found, used = [], set()
    for path in sources_of(root):
        name = path.relative_to(root).as_posix()
        room = room_of(name)
        for line, included in includes_of(path.read_text(encoding="utf-8")):
            if room_of(included) == room:
                continue
            arrows = {one for one in allowed.get(room, ()) if one in (included, room_of(included))}
            used |= {(room, one) for one in arrows}
            if not arrows:
                found.append(f"{name}:{line}: {room} may not include {included}")
    for room, others in allowed.items():
        found += [f"{room} uses nothing of {one}: take it out"
                  for one in others if (room, one) not in used]  # fmt: skip
    try:
        rooms = {room: {room_of(one) for one in others} for room, others in allowed.items()}
        graphlib.TopologicalSorter(rooms).prepare()
    except graphlib.CycleError as error:
        found.append(f"a cycle: {' -> '.join(error.args[1])}")
    return found


def cycles(root: Path) -> list[str]:
    """A sentence for each header that includes itself, and one for a cycle of headers, be they of
    one room or of several. Empty where there is none."""
    graph: dict[str, set[str]] = {}
    for path in sources_of(root, "*.hpp"):
        name = path.relative_to(root).as_posix()
        text = path.read_text(encoding="utf-8")
        graph[name] = {_meant(path, one, root) for one in _INCLUDE_ANY.findall(text)}
    found = [f"{name} includes itself" for name, others in graph.items() if name in others]
    try:
        graphlib.TopologicalSorter(
            {name: others - {name} for name, others in graph.items()}
        ).prepare()
    except graphlib.CycleError as error:
        found.append(f"a cycle of headers: {' -> '.join(reversed(error.args[1]))}")
    return found


def _meant(path: Path, included: str, root: Path) -> str:
    """What an include names: a file beside the one that has it, as the compiler looks, or from the
    top of the tree."""
    beside = posixpath.normpath((path.parent / included).relative_to(root).as_posix())
    return beside if (root / beside).is_file() else posixpath.normpath(included)


def test_no_header_includes_itself_be_it_by_way_of_others() -> None:
    assert cycles(ROOT) == []


def test_every_room_includes_what_the_architecture_allows_and_needs_all_of_it() -> None:
    assert problems(ROOT, architecture("cpp")) == []


def test_a_folder_of_runtimes_uses_what_all_share_and_the_runtime_it_is_a_variant_of() -> None:
    variants = architecture("runtimes")
    found = []
    for path in (ROOT / "runtimes").glob("*/*.[ch]pp"):
        folder = path.parent.name
        for line, included in includes_of(path.read_text(encoding="utf-8")):
            other = included.split("/")[1]
            common = {"loop": {"shared"}, "sync": {"loop"}, "shared": set(), "stealing": {"loop"}}
            allowed = {folder} | common.get(folder, set(common))
            if not other.endswith(".hpp") and other not in allowed | set(variants.get(folder, ())):
                found.append(f"{path.relative_to(ROOT)}:{line}: {included}")
    assert found == []


SMALL = {
    "runtimes/clock.hpp": "#pragma once\n",
    "runtimes/loop/wheel.hpp": '#include "runtimes/clock.hpp"\n',
    "workloads/program.hpp": '#include "runtimes/loop/wheel.hpp"\n',
    "harness/measure/json.hpp": "#include <string>\n#include <sys/prctl.h>\n",
    "harness/cli/main.cpp": '#include "harness/build_info.hpp"\n'
    '#include "harness/measure/json.hpp"\n#include "runtimes/clock.hpp"\n',
}
OF_SMALL = {
    "runtimes": [], "workloads": ["runtimes"], "harness/measure": [],
    "harness/cli": ["harness/measure", "runtimes/clock.hpp"],
}  # fmt: skip


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A tree of four rooms that is as OF_SMALL allows."""
    for name, text in SMALL.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_a_tree_that_is_as_its_list_allows_has_no_problem(small: Path) -> None:
    assert problems(small, OF_SMALL) == []


@pytest.mark.parametrize(
    ("name", "line", "said"),
    [
        ("workloads/program.hpp", '#include "harness/measure/json.hpp"',
         "workloads/program.hpp:2: workloads may not include harness/measure/json.hpp"),
        ("workloads/program.hpp", "#include <harness/measure/json.hpp>", "workloads may not"),
        ("workloads/program.hpp", '#include "workloads/../harness/measure/json.hpp"', "may not"),
        ("workloads/program.hpp", '  # /* why */ include "harness/measure/json.hpp"', "may not"),
        ("workloads/program.hpp", '/* why */ #import "harness/measure/json.hpp"', "may not"),
        ("runtimes/clock.hpp", '#include_next "workloads/program.hpp"', "runtimes may not"),
        ("harness/cli/main.cpp", '#include "runtimes/loop/wheel.hpp"', "harness/cli may not"),
        ("harness/cli/main.cpp", '#include "generated/results/metrics.hpp"',
         "harness/cli may not include generated/results/metrics.hpp"),
        ("harness/cli/main.cpp", '#include "tests/catch.hpp"', "may not include tests/catch.hpp"),
    ],
)  # fmt: skip
def test_a_planted_include_is_named(small: Path, name: str, line: str, said: str) -> None:
    with (small / name).open("a") as file:
        file.write(line + "\n")
    found = problems(small, OF_SMALL)
    assert len(found) == 1
    assert said in found[0]


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        ({"fields": '#include "harness/measure/text.hpp"',
          "text": "#include <harness/measure/fields.hpp>"}, "a cycle of headers: "),
        ({"fields": '#include "text.hpp"', "text": '  # include "fields.hpp"'},
         "a cycle of headers: "),
        ({"fields": '#include "text.hpp"', "text": '#include "json.hpp"',
          "json": '#import "fields.hpp"'}, "a cycle of headers: "),
        ({"text": '#include "text.hpp"'}, "harness/measure/text.hpp includes itself"),
        ({"text": "#include <harness/measure/text.hpp>"}, "harness/measure/text.hpp includes itse"),
    ],
)  # fmt: skip
def test_a_planted_cycle_of_headers_in_a_room_is_named(
    small: Path, planted: Mapping[str, str], said: str
) -> None:
    room = small / "harness/measure"
    for name in ("fields", "text"):
        (room / f"{name}.hpp").write_text("#pragma once\n")
    assert cycles(small) == []
    for name, line in planted.items():
        (room / f"{name}.hpp").write_text(f"{line}\n")
    assert problems(small, OF_SMALL) == []
    (found,) = cycles(small)
    assert found.startswith(said)
    assert all(f"harness/measure/{name}.hpp" in found for name in planted)


def test_an_arrow_that_nothing_uses_and_a_cycle_are_named(small: Path) -> None:
    unused = OF_SMALL | {"runtimes": ["workloads"]}
    assert problems(small, unused) == [
        "runtimes uses nothing of workloads: take it out",
        "a cycle: runtimes -> workloads -> runtimes",
    ]


def test_a_file_of_the_product_is_short_enough_to_be_read() -> None:
    lengths = {path.relative_to(ROOT).as_posix(): len(path.read_text().splitlines())
               for path in sources()}  # fmt: skip
    assert {name: lines for name, lines in lengths.items() if lines > 400} == {}


def test_comments_and_strings_which_the_formatter_leaves_alone_end_at_column_100() -> None:
    files = [*sources(), *(ROOT / "tests").rglob("*.[ch]pp")]
    wide = [f"{path.relative_to(ROOT).as_posix()}:{number}"
            for path in files
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
            if len(line) > 100]  # fmt: skip
    assert wide == []
