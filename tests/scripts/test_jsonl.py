"""JSON Lines in every reader of ours: what ends a line and what does not."""

import json

import pytest

from matrix_support import call_main
from skein_scripts.base import jsonl
from skein_scripts.base.errors import UsageError
from skein_scripts.commands import export
from skein_scripts.gate import record
from skein_scripts.records import results
from skein_scripts.session import session
from skein_scripts.trend import history

# What str.splitlines() takes for the end of a line.
ENDS_OF_OTHERS = ["\u2028", "\u2029", "\u0085", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\r"]


def dumped(one):
    """As a writer does that escapes no more than it must."""
    return json.dumps(one, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("end", ENDS_OF_OTHERS)
def test_a_results_file_is_read_whatever_its_strings_hold(fixture_v1, tmp_path, end):
    lines = []
    for one in results.load(fixture_v1):
        if one["kind"] == "run":
            one["reasons"] = [*one["reasons"], f"pasted{end}text"]
        lines.append(dumped(one))
    path = tmp_path / "results.jsonl"
    path.write_text("".join(lines), encoding="utf-8", newline="\n")
    found = results.load(path)
    assert len(found) == len(lines)
    assert all(run["reasons"][-1] == f"pasted{end}text" for run in results.runs(found))
    assert call_main("export.py", export.main, path, "--format", "bencher", "--output",
                     tmp_path / "bmf.json") == 0  # fmt: skip


def test_what_our_writer_writes_our_reader_reads(fixture_v1, tmp_path):
    path = tmp_path / "copy.jsonl"
    records = results.load(fixture_v1)
    for run in results.runs(records):
        run["reasons"] = [*run["reasons"], "".join(ENDS_OF_OTHERS), "half \ud800 a letter"]
    writer = results.ResultWriter(path)
    for one in records:
        writer.append(one)
    writer.close()
    assert results.load(path) == records


def test_lines_may_end_as_on_other_systems_and_be_empty(fixture_v1, tmp_path):
    path = tmp_path / "results.jsonl"
    path.write_bytes(fixture_v1.read_bytes().replace(b"\n", b"\r\n\r\n"))
    assert results.load(path) == results.load(fixture_v1)


@pytest.mark.parametrize("end", ENDS_OF_OTHERS)
def test_a_file_of_comparisons_is_read_whatever_its_strings_hold(tmp_path, end):
    sides = (record.Side(f"a{end}b", []), record.Side("c", []))
    head = record.head(*sides, [], 0.05, interleaved=False, notes=[f"pasted{end}text"])
    path = tmp_path / "v.jsonl"
    path.write_text(dumped(head), encoding="utf-8", newline="\n")
    assert record.read(path)[0] == head


@pytest.mark.parametrize("end", ENDS_OF_OTHERS)
def test_a_history_is_read_whatever_its_strings_hold(tmp_path, end):
    values = {(f"cell{end}", "cpu_per_op"): 1.5}
    point = history.Point("ab" * 20, "2026-01-01T00:00:00Z", "hash", values)
    path = history.save(point, tmp_path)
    assert history.read(tmp_path)[0].values == values
    path.write_text(path.read_text(encoding="utf-8").replace(f"\\u{ord(end):04x}", end)
                    if ord(end) >= 0x20 else path.read_text(encoding="utf-8"),
                    encoding="utf-8", newline="\n")  # fmt: skip
    assert history.read(tmp_path)[0].values == values


@pytest.mark.parametrize("end", ENDS_OF_OTHERS)
def test_the_record_of_a_run_is_one_line_whatever_its_strings_hold(fixture_v1, end):
    run = results.runs(results.load(fixture_v1))[0]
    run["reasons"] = [*run["reasons"], f"a{end}b"]
    assert session.read_run(dumped(run)) == run


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("NaN", "NaN is no number"),
        ('{"a": -Infinity}', "-Infinity is no number"),
        ('{"a": 1e999}', "1e999 is too large"),
        ("[" * 100_000, "nested too deeply"),
        ("{", "Expecting"),
        ("9" * 5000, "digits"),
    ],
)
def test_what_is_no_json_says_why(text, why):
    with pytest.raises(ValueError, match=why):
        jsonl.parse(text)


def test_a_byte_that_is_no_utf8_is_named_by_its_line(fixture_v1, tmp_path):
    path = tmp_path / "results.jsonl"
    lines = fixture_v1.read_bytes().splitlines(keepends=True)
    lines[1] = lines[1].replace(b'"kind"', b'"ki\xffnd"')
    path.write_bytes(b"".join(lines))
    with pytest.raises(results.RecordError, match=rf"{path}:2: not UTF-8"):
        results.load(path)


@pytest.mark.parametrize("content", [b"\xff", b'{"kind": "x"}', b"[" * 100_000, b"1e999"])
def test_broken_files_of_every_kind_are_usage_errors(tmp_path, content):
    path = tmp_path / "x.jsonl"
    path.write_bytes(content + b"\n")
    for read in (results.load, record.read, lambda _: history.read(tmp_path)):
        with pytest.raises(UsageError, match=r"x\.jsonl"):
            read(path)


def test_an_error_without_words_still_has_a_reason():
    assert jsonl.reason_of(ValueError()) == "ValueError()"
    assert jsonl.reason_of(ValueError("one\ntwo")) == "one"
