"""The trend: a history of ratios, a file per commit, and the changes that otava finds in it."""

import itertools
import os
import shutil
import subprocess

import pytest

from matrix_support import call_main
from skein_scripts.base import commit_order
from skein_scripts.base.errors import MeasureError, UsageError
from skein_scripts.commands import trend
from skein_scripts.records import results
from skein_scripts.trend import change_points, figure, history

CPU = ("c10k/libuv/100/fixed/active=10/64B", "cpu_per_op")
MEMORY = ("c10k/libuv/100/fixed/active=10/64B", "user_bytes_per_task")


def sha(day):
    return f"{day:02x}" * 20


def call(*words):
    return call_main("trend.py", trend.main, *words)


@pytest.fixture
def measured(matrix_run):
    """A results file of the stand-in, with anchors."""
    assert matrix_run().returncode == 0
    return matrix_run.results


@pytest.fixture
def at_commit(measured, tmp_path):
    """Writes the results of a commit: its requests dearer by a factor, on a machine that is faster
    or slower that day."""

    def write(day, cost=1.0, machine=1.0, **session):
        path = tmp_path / f"measured-{day:02d}.jsonl"
        lines = []
        for record in results.load(measured):
            if record["kind"] == "session":
                record["created_utc"] = f"2026-01-{day + 1:02d}T00:00:00.000Z"
                record["tool"] |= {"commit": sha(day), "dirty": False}
                record |= session
            elif record["kind"] == "run":
                factor = machine * (1.0 if record.get("probe") else cost)
                record["cpu"]["per_op_ns"] *= factor
                record["cpu"]["user_per_op_ns"] *= factor
            lines.append(results.dump(record))
        path.write_text("".join(lines))
        return path

    return write


def test_a_history_has_ratios_that_a_slower_machine_does_not_change(at_commit):
    usual, slower = history.point_of(at_commit(0)), history.point_of(at_commit(1, machine=1.5))
    dearer = history.point_of(at_commit(2, cost=1.2))
    assert slower.values[CPU] == pytest.approx(usual.values[CPU], rel=1e-3)
    assert dearer.values[CPU] == pytest.approx(1.2 * usual.values[CPU], rel=1e-3)
    assert dearer.values[MEMORY] == usual.values[MEMORY] > 100


def test_a_commit_has_one_file_that_is_read_back(at_commit, tmp_path):
    folder = tmp_path / "history"
    assert call("add", at_commit(3), "--history", folder) == 0
    assert call("add", at_commit(1), "--history", folder) == 0
    assert call("add", at_commit(3, cost=2.0), "--history", folder) == 0  # measured again
    points = history.read(folder)
    assert [point.commit for point in points] == [sha(1), sha(3)]
    assert points[1].values[CPU] == pytest.approx(2 * points[0].values[CPU], rel=1e-3)
    (line,) = (one for one in history.lines_of(points) if (one.cell, one.metric.name) == CPU)
    assert line.relative == pytest.approx([1.0, 2.0], rel=1e-3)


def test_what_belongs_to_no_commit_or_no_machine_is_refused(at_commit, measured, tmp_path):
    tool = results.sessions(results.load(measured))[0]["tool"]
    with pytest.raises(UsageError, match="no commit has"):
        history.point_of(at_commit(0, tool=tool | {"dirty": True}))
    records = [one for one in results.load(at_commit(1)) if not one.get("probe")]
    bare = tmp_path / "bare.jsonl"
    bare.write_text("".join(results.dump(one) for one in records))
    with pytest.raises((UsageError, MeasureError)):
        history.point_of(bare)
    folder = tmp_path / "history"
    assert call("show", "--history", folder, "--output", tmp_path) == 2
    call("add", at_commit(2), "--history", folder)
    elsewhere = history.save(
        history.point_of(at_commit(3, environment_hash="another")), tmp_path / "elsewhere"
    )
    elsewhere.rename(folder / elsewhere.name)
    with pytest.raises(UsageError, match="2 kinds of machine"):
        history.read(folder)
    (folder / "x.jsonl").write_text("{}\n")
    with pytest.raises(UsageError, match="is no history"):
        history.read(folder)


def test_another_kind_of_machine_is_refused_before_it_spoils_the_history(
    at_commit, tmp_path, capsys
):
    folder = tmp_path / "history"
    assert call("add", at_commit(2), "--history", folder) == 0
    assert call("add", at_commit(3, environment_hash="another"), "--history", folder) == 2
    assert "2 kinds of machine" in capsys.readouterr().err
    assert [point.commit for point in history.read(folder)] == [sha(2)]
    # The only commit there is may be measured anew elsewhere.
    assert call("add", at_commit(2, environment_hash="another"), "--history", folder) == 0


def test_a_commits_old_file_is_there_until_the_new_one_is(at_commit, tmp_path, monkeypatch):
    folder = tmp_path / "history"
    call("add", at_commit(3), "--history", folder)
    before = {path.name: path.read_text() for path in folder.iterdir()}
    later = at_commit(3, created_utc="2026-02-01T00:00:00.000Z")

    def full_disk(path, text):
        path.write_text(text[:10])
        raise MeasureError(f"cannot write {path}: No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(history, "write_text", full_disk)
        assert call("add", later, "--history", folder) == 4
    assert {path.name: path.read_text() for path in folder.iterdir()} == before
    assert call("add", later, "--history", folder) == 0
    (path,) = folder.iterdir()
    assert path.name.startswith("20260201T")


def test_a_history_that_is_not_there_says_how_to_begin_one(tmp_path, capsys):
    assert call("show", "--history", tmp_path / "nothing", "--output", tmp_path / "out") == 2
    shown = capsys.readouterr().err
    assert "scripts/trend.py add RESULTS" in shown
    assert "--history" in shown


@pytest.fixture
def repository(tmp_path):
    """Three commits in a row, and one beside them: the hashes, oldest first."""
    root = tmp_path / "repository"
    root.mkdir()

    def git(*words, day=1):
        when = f"2026-01-{day:02d}T00:00:00Z"
        dates = {"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when}
        words = ("git", "-c", "user.name=t", "-c", "user.email=t@example.org", *words)
        done = subprocess.run(words, cwd=root, env={**os.environ, **dates}, check=True,
                              capture_output=True, text=True)  # fmt: skip
        return done.stdout.strip()

    def commit(day):
        git("commit", "-q", "--allow-empty", "-m", f"{day}", day=day)
        return git("rev-parse", "HEAD")

    git("init", "-q", "-b", "main")
    # The middle one was dated after its child, as rebased commits are.
    hashes = [commit(1), commit(9), commit(5)]
    git("checkout", "-q", "-b", "beside", hashes[0])
    beside = commit(3)
    return root, hashes, beside


def measured_on(commits):
    return [(commit, f"2026-02-{day + 1:02d}") for day, commit in enumerate(commits)]


def ordered(items, root):
    found, order = commit_order.in_order(items, lambda one: one[0], lambda one: one[1], root)
    return [commit for commit, _ in found], order


def test_a_commit_that_was_measured_late_stands_where_its_history_has_it(repository):
    root, (first, second, third), beside = repository
    for measured in itertools.permutations([first, second, third, beside]):
        found, order = ordered(measured_on(measured), root)
        assert order == commit_order.BY_HISTORY
        assert [one for one in found if one != beside] == [first, second, third]
        assert found.index(first) < found.index(beside)


def test_where_git_does_not_know_a_commit_the_order_is_that_of_measuring_and_said(repository):
    root, (first, second, third), _ = repository
    found, order = ordered(measured_on([third, sha(1), first]), root)
    assert found == [third, sha(1), first]
    assert order.startswith("in the order of measuring (git does not know 1 of 3 commits")
    found, order = ordered(measured_on([third, second]), root / "nowhere")
    assert found == [third, second]
    assert order.startswith("in the order of measuring (")


def test_two_measurements_of_one_commit_stand_in_the_order_of_measuring(repository):
    root, (first, second, _), _ = repository
    items = [(second, "b"), (first, "z"), (second, "a")]
    found, _ = commit_order.in_order(items, lambda one: one[0], lambda one: one[1], root)
    assert found == [(first, "z"), (second, "a"), (second, "b")]


def test_what_the_order_is_stands_in_the_output_and_in_the_figure(
    at_commit, tmp_path, monkeypatch, capsys
):
    planted_history(at_commit, tmp_path / "history", 2)
    monkeypatch.setattr(change_points.shutil, "which", lambda _: None)
    assert call("show", "--history", tmp_path / "history", "--output", tmp_path / "out") == 0
    note = "2 commits in the order of measuring (git does not know 2 of 2 commits here"
    assert note in capsys.readouterr().out
    assert "in the order of measuring" in (tmp_path / "out" / "trend-cpu_per_op.svg").read_text()


def test_a_figure_has_its_commits_in_the_order_of_the_points(at_commit):
    points = [history.point_of(at_commit(day)) for day in (2, 0, 1)]
    lines = [line for line in history.lines_of(points) if line.metric.name == CPU[1]]
    (axes,) = figure.draw(lines[0].metric, lines, points, [], "note").axes
    assert [label.get_text() for label in axes.get_xticklabels()] == [
        sha(day)[:8] for day in (2, 0, 1)
    ]  # fmt: skip


def test_a_file_of_two_commits_or_machines_is_no_point(at_commit, tmp_path):
    for changes, what in (({}, "2 commits"), ({"environment_hash": "other"}, "2 ")):
        both = tmp_path / "both.jsonl"
        both.write_text(at_commit(1).read_text() + at_commit(2, **changes).read_text())
        with pytest.raises(UsageError, match=what):
            history.point_of(both)


def test_histories_that_were_put_together_are_a_point_for_each_commit(at_commit, tmp_path):
    folder = tmp_path / "history"
    planted_history(at_commit, folder, 3)
    whole = "".join(path.read_text() for path in sorted(folder.iterdir()))
    for path in folder.iterdir():
        path.unlink()
    (folder / "all.jsonl").write_text(whole)
    assert [point.commit for point in history.read(folder)] == [sha(0), sha(1), sha(2)]


def planted_history(at_commit, folder, count=16):
    """A step of 30 % in the middle."""
    for day in range(count):
        cost = (1.3 if day >= count // 2 else 1.0) * (1 + 0.002 * (day % 3))
        assert call("add", at_commit(day, cost=cost), "--history", folder) == 0


def test_a_figure_for_each_metric_is_drawn_with_or_without_otava(
    at_commit, tmp_path, monkeypatch, capsys
):
    planted_history(at_commit, tmp_path / "history", 3)
    monkeypatch.setattr(change_points.shutil, "which", lambda _: None)
    assert call("show", "--history", tmp_path / "history", "--output", tmp_path / "out") == 0
    assert "otava is not installed" in capsys.readouterr().out
    drawn = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"trend-cpu_per_op.svg", "trend-cpu_per_op.png", "trend-throughput.svg"} <= drawn


@pytest.mark.skipif(shutil.which("otava") is None, reason="otava is not installed")
def test_otava_finds_the_commit_that_made_requests_dearer(at_commit, tmp_path, capsys):
    planted_history(at_commit, tmp_path / "history")
    assert call("show", "--history", tmp_path / "history", "--output", tmp_path / "out") == 0
    out = capsys.readouterr().out
    assert sha(8)[:12] + " cpu_per_op +30" in out
    points = history.read(tmp_path / "history")
    changes = change_points.find(history.lines_of(points))
    assert {change.commit for change in changes} == {sha(8)}
    assert {change.metric for change in changes} == {"cpu_per_op", "user_cpu_per_op"}
