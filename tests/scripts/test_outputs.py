"""Paths of outputs: what cannot be written is found out before anything is measured, and what was
measured is never written over."""

import os
import shutil
import threading

import pytest

from matrix_support import HERE, ROOT, call_main
from skein_scripts.base.errors import MeasureError, UsageError
from skein_scripts.base.outputs import require_folder, require_writable, write_text
from skein_scripts.commands import compare, export, gate, plot, rates, report, trend
from skein_scripts.records import results

NOWHERE = "/proc/no-such-folder/file"
AA_PAIRS = HERE / "fixtures" / "aa_pairs.csv"


@pytest.mark.parametrize(
    ("path", "why"),
    [
        (NOWHERE, "No such file"),
        ("{folder}", "Is a directory"),
        ("{file}/below", "Not a directory"),
        ("/proc/version/x", "Not a directory"),
        ("{folder}/" + "n" * 300, "File name too long"),
        ("/sys/kernel/notes", "Permission denied|Read-only"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused_with_the_reason(tmp_path, path, why):
    (tmp_path / "file").write_text("")
    named = tmp_path / path.format(folder=tmp_path, file=tmp_path / "file")
    with pytest.raises(UsageError, match=f"cannot write .*({why})"):
        require_writable(named)


def test_asking_leaves_nothing_behind_and_changes_nothing(tmp_path):
    new, old, link = tmp_path / "deep" / "new", tmp_path / "old", tmp_path / "link"
    old.write_text("kept")
    link.symlink_to(tmp_path / "target")
    require_writable(new, old, link, None)
    assert not new.exists()
    assert new.parent.is_dir()
    assert old.read_text() == "kept"
    assert link.is_symlink()


def test_a_pipe_is_not_opened_before_it_is_written(tmp_path):
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    require_writable(pipe)
    write_text(pipe, "verdicts")
    reader.join(10)
    assert read == ["verdicts"]


def test_two_outputs_of_one_name_and_an_output_that_is_read_are_refused(tmp_path):
    one = tmp_path / "one"
    with pytest.raises(UsageError, match="is another output"):
        require_writable(one, tmp_path / "." / "one")
    one.write_text("measured for an hour")
    (tmp_path / "same").symlink_to(one)
    with pytest.raises(UsageError, match="is read"):
        require_writable(tmp_path / "same", read=[one])
    require_writable(tmp_path / "null", read=[one])
    for twice in ("/dev/null", "/dev/full"):
        require_writable(*[type(one)(twice)] * 2)


def test_a_folder_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below", type(tmp_path)("/proc/x")):
        with pytest.raises(UsageError, match="cannot write into"):
            require_folder(folder)


def test_half_a_surrogate_is_written_as_json_has_it(tmp_path):
    write_text(tmp_path / "x", results.dump({"name": "\ud800"}))
    assert (tmp_path / "x").read_text() == '{"name":"\\ud800"}\n'
    with pytest.raises(MeasureError, match="cannot write"):
        write_text(type(tmp_path)("/dev/full"), "x")


@pytest.fixture
def measured(matrix_run):
    assert matrix_run("--repeats", "1").returncode == 0
    shutil.rmtree(matrix_run.output / "plots", ignore_errors=True)
    return matrix_run.results


def binaries(matrix_run):
    return [matrix_run.skein, matrix_run.skein]


@pytest.mark.parametrize("option", ["--json", "--markdown", "--html"])
def test_measuring_scripts_find_out_before_they_measure(matrix_run, monkeypatch, option):
    for name, value in matrix_run.environment.items():
        monkeypatch.setenv(name, value)
    out = matrix_run.folder / "compared"
    words = (*binaries(matrix_run), "--output", out, option, NOWHERE)
    assert call_main("compare.py", compare.main, *words) == 2
    arms = ("--base-binary", matrix_run.skein, "--candidate-binary", matrix_run.skein)
    assert call_main("gate.py", gate.main, *arms, "--output", out, option, NOWHERE) == 2
    assert matrix_run.calls() == []


@pytest.mark.parametrize("option", ["--json", "--markdown", "--html"])
@pytest.mark.parametrize("name", ["out/results.jsonl", "out/../out/results.jsonl", "matrix.toml"])
def test_no_output_is_what_is_measured_into_or_the_matrix(
    matrix_run, monkeypatch, option, name, capsys
):
    for variable, value in matrix_run.environment.items():
        monkeypatch.setenv(variable, value)
    file = matrix_run.folder / "matrix.toml"
    file.write_text((ROOT / "scripts/presets/gate.toml").read_text())
    shared = ("--matrix", file, "--output", matrix_run.folder / "out")
    words = (*shared, option, matrix_run.folder / name)
    assert call_main("compare.py", compare.main, *binaries(matrix_run), *words) == 2
    assert "as well; name another file" in capsys.readouterr().err
    arms = ("--base-binary", matrix_run.skein, "--candidate-binary", matrix_run.skein)
    assert call_main("gate.py", gate.main, *arms, *words) == 2
    assert "as well; name another file" in capsys.readouterr().err
    assert matrix_run.calls() == []


def test_compare_finds_out_that_its_folder_cannot_be_used_before_it_builds(matrix_run, monkeypatch):
    monkeypatch.setattr("skein_scripts.gate.builds.build", lambda *_: pytest.fail("built"))
    monkeypatch.setattr("skein_scripts.gate.builds.require_clean", lambda: None)
    words = ("HEAD", "HEAD", "--output", "/proc/no-such-folder")
    assert call_main("compare.py", compare.main, *words) == 4


def test_a_matrix_finds_out_before_it_measures_that_its_report_cannot_be_written(matrix_run):
    (matrix_run.output / "report.md").mkdir(parents=True)
    done = matrix_run("--report")
    assert done.returncode == 2, done.stderr
    assert "report.md" in done.stderr
    assert matrix_run.calls() == []


def test_scripts_that_measure_nothing_find_out_before_they_work(measured, monkeypatch, capsys):
    def fail(*_words, **_more):
        pytest.fail("it has begun")

    monkeypatch.setattr("skein_scripts.commands.rates.recorded_pairs", fail)
    monkeypatch.setattr("skein_scripts.commands.plot.load", fail)
    monkeypatch.setattr("skein_scripts.commands.report.load", fail)
    monkeypatch.setattr("skein_scripts.trend.history.read", fail)
    for program, main, *words in (
        ("rates.py", rates.main, AA_PAIRS, "--write", NOWHERE),
        ("plot.py", plot.main, measured, "--output", "/proc/x"),
        ("report.py", report.main, measured, "--output", "/proc/x"),
        ("trend.py", trend.main, "show", "--output", "/proc/x"),
    ):
        assert call_main(program, main, *words) == 2, program
        assert "cannot write" in capsys.readouterr().err


def test_no_script_writes_over_what_it_reads(measured, tmp_path):
    before = measured.read_bytes()
    folder = measured.parent
    for program, main, *words in (
        ("compare.py", compare.main, measured, measured, "--json", measured),
        ("compare.py", compare.main, folder, folder, "--markdown", measured),
        ("compare.py", compare.main, folder, folder, "--html", measured),
        ("export.py", export.main, folder, "--format", "bencher", "--output", measured),
        ("rates.py", rates.main, folder, "--write", measured),
    ):
        assert call_main(program, main, *words) == 2, (program, words)
    assert measured.read_bytes() == before
    assert call_main("export.py", export.main, measured, "--format", "bencher", "--output",
                     NOWHERE) == 2  # fmt: skip
