"""What otava is asked and what its answer becomes. A stand-in answers here: otava itself is on few
machines."""

import csv
import json
import sys

import pytest

from skein_scripts.base.errors import MeasureError
from skein_scripts.records.metrics import named
from skein_scripts.trend import change_points
from skein_scripts.trend.history import Line, Point

CPU, THROUGHPUT = named("cpu_per_op"), named("throughput")
# Answers with what it was told to, and writes down what it was asked and given.
STAND_IN = """#!{python}
import json, pathlib, sys
here = pathlib.Path({folder!r})
given = {{path.name: path.read_text() for path in pathlib.Path.cwd().iterdir()}}
(here / "asked.json").write_text(json.dumps({{"argv": sys.argv[1:], "given": given}}))
sys.stdout.write((here / "answer").read_text())
sys.exit(int((here / "status").read_text()))
"""


def line_of(cell, metric, days, relative):
    points = [Point(f"commit{day}", f"2026-01-{day:02d}T10:00:00.000Z", "machine", {})
              for day in days]  # fmt: skip
    return Line(cell, metric, points, relative)


# The first line starts later than the second, and the third has nothing to be compared with.
LINES = [
    line_of("c10k/fiber", CPU, (5, 6, 7), [1.0, 1.25, 1.26]),
    line_of("c10k/libuv", THROUGHPUT, (3, 4), [1.0, 0.8]),
    line_of("c10k/thread", CPU, (7,), [1.0]),
]


@pytest.fixture
def otava(tmp_path, monkeypatch):
    """Puts the stand-in on the path; call it with its answer."""
    program = tmp_path / "otava"
    program.write_text(STAND_IN.format(python=sys.executable, folder=str(tmp_path)))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    def answers(text, status=0):
        (tmp_path / "answer").write_text(text)
        (tmp_path / "status").write_text(str(status))
        return lambda: json.loads((tmp_path / "asked.json").read_text())

    return answers


def answer(test, commit, before, after):
    change = {"metric": "any", "mean_before": before, "mean_after": after}
    return json.dumps({test: [{"attributes": {"commit": commit}, "changes": [change]}]})


def test_otava_is_asked_of_every_line_with_two_commits_from_the_earliest_on(otava):
    asked = otava("")
    assert change_points.is_available()
    assert change_points.find(LINES) == []
    argv, given = asked()["argv"], asked()["given"]
    assert argv[:3] == ["analyze", "line0", "line1"]
    assert argv[argv.index("--since") + 1] == "2026-01-03"
    assert sorted(given) == ["line0.csv", "line1.csv", "otava.yaml"]
    rows = list(csv.DictReader(given["line0.csv"].splitlines()))
    assert [(row["commit"], float(row["cpu_per_op"])) for row in rows] == [
        ("commit5", 1.0), ("commit6", 1.25), ("commit7", 1.26),
    ]  # fmt: skip
    assert rows[0]["time"] == "2026-01-05T10:00:00.000+00:00"


def test_its_answers_are_changes_of_the_lines_they_are_of(otava):
    otava(answer("line1", "commit4", 1.0, 0.8) + "\n" + answer("line0", "commit6", 1.0, 1.25))
    dearer, slower = change_points.find(LINES)
    assert dearer == change_points.Change("c10k/fiber", "cpu_per_op", "commit6", 1.0, 1.25)
    assert slower == change_points.Change("c10k/libuv", "throughput", "commit4", 1.0, 0.8)
    assert (dearer.ratio, slower.ratio) == (1.25, 0.8)


def test_where_no_line_has_two_commits_it_is_not_asked(otava, tmp_path):
    otava("")
    assert change_points.find(LINES[2:]) == []
    assert not (tmp_path / "asked.json").exists()


@pytest.mark.parametrize(
    ("text", "status", "message"),
    [("", 3, "otava failed"), ("no JSON", 0, "otava gave no answer")],
)
def test_an_otava_that_fails_is_no_history_without_changes(otava, text, status, message):
    otava(text, status)
    with pytest.raises(MeasureError, match=message):
        change_points.find(LINES)
