"""scripts/setup, scripts/bench and scripts/test as far as they can be tried without installing,
building or measuring."""

import os
import subprocess
import sys

import pytest

from matrix_support import ROOT


def run(*command, **more):
    return subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, timeout=60, check=False,
        cwd=ROOT, **more,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["setup", "bench", "test"])
def test_every_command_has_help_with_an_example(name):
    done = run(ROOT / "scripts" / name, "--help")
    assert done.returncode == 0
    assert "Example: scripts/" in done.stdout


def test_importing_the_package_starts_nothing_and_prints_nothing(tmp_path):
    folder = ROOT / "scripts" / "skein_scripts"
    modules = [
        ".".join(path.relative_to(folder.parent).with_suffix("").parts)
        for path in folder.rglob("*.py")
        if path.name != "__init__.py"
    ]
    code = f"import sys; sys.path.insert(0, {str(folder.parent)!r})\n" + "\n".join(
        f"import {module}" for module in modules
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", code], capture_output=True, text=True, cwd=tmp_path,
        timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


HOSTILE = {
    "CDPATH": ".",
    "POSIXLY_CORRECT": "1",
    "GREP_OPTIONS": "--color=always",
    "GLOBIGNORE": "*",
    "LC_ALL": "C",
    "BASH_FUNC_cd%%": '() { builtin cd "$@"; pwd; }',
}


@pytest.mark.slow
@pytest.mark.parametrize("name", [*HOSTILE, "BASH_ENV"])
def test_inherited_variables_break_no_shell_script(name, tmp_path):
    startup = tmp_path / "bashenv"
    startup.write_text('cd() { builtin cd "$@" && pwd; }\ndirname() { command dirname "$@"; }\n')
    environment = {**os.environ, name: HOSTILE.get(name, str(startup))}
    # By their names in the tree, as a person calls them.
    done = run("scripts/setup", "--dry-run", env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Python packages (requirements): all there" in done.stdout
    done = run("scripts/bench", "--dry-run", "--preset", "quick", env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert "60 runs of 20 cells" in done.stdout
    assert run("scripts/test", "--help", env=environment).returncode == 0


def test_a_command_of_a_shell_script_that_fails_unforeseen_is_no_verdict():
    broken = {**os.environ, "BASH_FUNC_realpath%%": "() { return 1; }"}
    for name in ("setup", "bench", "test"):
        done = run(ROOT / "scripts" / name, "--dry-run", env=broken)
        assert done.returncode == 4, done.stderr
        assert f"{name}: error: line" in done.stderr


def test_setup_says_what_it_would_install_and_installs_nothing(tmp_path, monkeypatch):
    venv = tmp_path / "venv"
    monkeypatch.setenv("SKEIN_VENV", str(venv))
    done = run(ROOT / "scripts" / "setup", "--dry-run", "--dev")
    assert done.returncode == 0, done.stderr
    assert "about to create the virtual environment" in done.stdout
    assert "about to install into" in done.stdout
    assert "numpy==" in done.stdout
    assert "ruff==" in done.stdout
    assert not venv.exists()


def test_setup_refuses_an_unknown_option(tmp_path):
    done = run(ROOT / "scripts" / "setup", "--devel")
    assert done.returncode == 2
    assert "--devel" in done.stderr


def test_bench_refuses_to_resume_nothing_in_particular():
    done = run(ROOT / "scripts" / "bench", "--resume")
    assert done.returncode == 2
    assert "--output" in done.stderr


def test_bench_refuses_an_option_without_its_value():
    assert run(ROOT / "scripts" / "bench", "--preset").returncode == 2


def test_bench_builds_the_program_it_runs_and_nothing_else(tmp_path):
    calls = tmp_path / "calls"
    cmake = tmp_path / "cmake"
    cmake.write_text(f'#!/bin/sh\necho "$*" >>{calls}\n[ "$1" != --build ]\n')
    cmake.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = run(ROOT / "scripts" / "bench", env={**os.environ, "PATH": path})
    assert done.returncode == 4
    assert "the build failed" in done.stderr
    configure, build = calls.read_text().splitlines()
    assert configure == "--preset release"
    assert build.startswith("--build --preset release ")
    assert build.partition(" --target ")[2].split() == ["skein"]


@pytest.fixture
def stand_ins(tmp_path):
    """An environment in which cmake does nothing, and Python notes the scripts it is to run."""
    calls, programs = tmp_path / "calls", tmp_path / "venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "cmake").write_text("#!/bin/sh\n")
    (programs / "python").write_text(
        "#!/bin/sh\n"
        f'case $1 in *.py) echo "${{1##*/}} $2 $*" >>{calls} ;; esac\n'
        'case "${1##*/} $2" in "references.py build") exit "$BUILD_STATUS" ;;\n'
        '"references.py tools") printf "no-such-tool\\n" ;; esac\n'
    )
    for program in programs.iterdir():
        program.chmod(0o755)
    path = f"{programs}:{os.environ['PATH']}"
    return calls, {**os.environ, "PATH": path, "SKEIN_VENV": str(programs.parent)}


@pytest.mark.parametrize("status", [0, 4])
def test_bench_with_references_builds_them_first_and_measures_whatever_came_of_it(
    stand_ins, status
):
    calls, environment = stand_ins
    environment["BUILD_STATUS"] = str(status)
    done = run(ROOT / "scripts" / "bench", "--references", env=environment)
    assert done.returncode == 0, done.stderr
    build, matrix = calls.read_text().splitlines()
    assert build.startswith("references.py build ")
    assert matrix.startswith("run_matrix.py --report ")
    assert matrix.endswith("-references --preset references")


def test_bench_with_references_runs_the_preset_that_is_named(stand_ins):
    calls, environment = stand_ins
    environment["BUILD_STATUS"] = "0"
    run(ROOT / "scripts" / "bench", "--preset", "quick", "--references", env=environment)
    assert calls.read_text().splitlines()[1].endswith("-quick --preset quick")


def test_bench_that_was_interrupted_while_building_references_measures_nothing(stand_ins):
    calls, environment = stand_ins
    environment["BUILD_STATUS"] = "130"
    assert run(ROOT / "scripts" / "bench", "--references", env=environment).returncode == 130
    assert len(calls.read_text().splitlines()) == 1


def test_bench_with_references_builds_nothing_for_a_plan(stand_ins):
    calls, environment = stand_ins
    run(ROOT / "scripts" / "bench", "--references", "--dry-run", env=environment)
    (matrix,) = calls.read_text().splitlines()
    assert matrix.endswith("--dry-run --preset references")


def test_setup_names_the_tools_of_references_that_the_distribution_lacks(stand_ins):
    calls, environment = stand_ins
    done = run(ROOT / "scripts" / "setup", "--references", "--dry-run", env=environment)
    assert done.returncode == 0, done.stderr
    assert "no-such-tool is not in this distribution" in done.stdout
    assert [line.split()[1] for line in calls.read_text().splitlines()] == ["tools", "list"]


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned_exactly(name):
    for line in (ROOT / "scripts" / name).read_text().splitlines():
        if line and not line.startswith("#"):
            assert "==" in line, line
