"""Rules of the C++ source that no compiler checks."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_json_becomes_text_in_one_place_which_replaces_what_is_no_utf8() -> None:
    folders = ("harness", "workloads", "runtimes")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.[ch]pp")]
    assert len(files) > 100
    dumping = [path.relative_to(ROOT).as_posix() for path in files
               if "dump(" in path.read_text(encoding="utf-8")]  # fmt: skip
    assert dumping == ["harness/measure/json.hpp"]


def test_comments_and_strings_which_the_formatter_leaves_alone_end_at_column_100() -> None:
    folders = ("harness", "workloads", "runtimes", "tests")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.[ch]pp")]
    wide = [f"{path.relative_to(ROOT).as_posix()}:{number}"
            for path in files
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
            if len(line) > 100]  # fmt: skip
    assert wide == []
