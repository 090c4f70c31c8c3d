"""How a run is measured again, as the report's page says it: what is built, the session's own
words, and what there is to know about the tree and the seed."""

import copy

import pytest

from page_parts import Page
from skein_scripts.records import results
from skein_scripts.report import report_pages, rerun


@pytest.fixture
def session(planted):
    return copy.deepcopy(results.sessions(planted)[0])


def test_the_command_builds_and_is_the_sessions_own_with_its_seed_and_another_folder(session):
    session["argv"] = [
        "run_matrix.py", "--report", "--preset", "quick", "--output", "out/a b", "--resume",
        "--filter", "workload=c10k|timers", "--skein", "/x/skein",
    ]  # fmt: skip
    assert rerun.rerun_of(session).lines == [
        f"git checkout {session['tool']['commit']}",
        "scripts/bench --preset quick --output out/again --filter 'workload=c10k|timers' --seed 7",
    ]
    session["argv"] = ["/x/run_matrix.py", "--matrix=m.toml", "--output=out/a", "--seed", "9"]
    assert rerun.rerun_of(session).lines[1:] == [
        "scripts/bench --matrix=m.toml --output out/again --seed 9"
    ]
    session["argv"] = ["run_matrix.py"]
    assert rerun.rerun_of(session).lines[1:] == ["scripts/bench --preset planted --seed 7"]


def test_the_command_runs_all_rounds_of_a_share_on_the_host_at_hand(session):
    session["argv"] = ["run_matrix.py", "--preset", "quick", "--rounds", "0-1", "--host-name=left"]
    assert rerun.rerun_of(session).lines[1:] == ["scripts/bench --preset quick --seed 7"]


def test_the_command_builds_workers_in_other_languages_where_the_plan_has_any(session):
    session["plan"]["cells"][0]["runtime"] = "python_selectors"
    session["argv"] = ["run_matrix.py", "--preset", "references"]
    assert rerun.rerun_of(session).lines[1] == (
        "scripts/bench --references --preset references --seed 7"
    )


def test_a_tree_with_changes_or_no_commit_is_said_beside_the_command(session, planted, tmp_path):
    assert not any("tree" in note for note in rerun.rerun_of(session).notes)
    session["tool"]["dirty"] = True
    assert "The tree had changes that no commit has" in rerun.rerun_of(session).notes[0]
    html, _ = report_pages.write([session, *planted[1:]], tmp_path, [])
    made = Page(html.read_text(encoding="utf-8"))
    assert "this measures the commit without them" in made.words
    session["tool"]["commit"] = None
    again = rerun.rerun_of(session)
    assert "Which commit was measured is not recorded" in again.notes[0]
    assert again.lines == ["scripts/bench --preset planted --seed 7"]


def test_a_seed_is_spoken_of_only_where_the_command_has_one(session):
    said = "The seed is said, so the order and the work are the same."
    assert said in rerun.rerun_of(session).notes
    session["seed"] = None
    assert said not in rerun.rerun_of(session).notes


def test_the_command_of_a_run_by_hand_is_as_it_was_and_its_program_is_built(session):
    session["plan"] = {"design": "single", "rounds": 1, "order": [["a"]]}
    session["argv"] = ["build/x/skein", "run", "c10k", "-o", "results.jsonl"]
    build = "cmake --preset release && cmake --build --preset release --target skein"
    assert rerun.rerun_of(session).lines[1:] == [
        "scripts/setup", build, "build/release/skein run c10k -o results.jsonl",
    ]  # fmt: skip
    session["argv"] = ["micro.py", "--output", "out/micro"]
    assert rerun.rerun_of(session).lines[1:] == [
        "scripts/setup", f"{build} skein_micro", "scripts/micro.py --output out/again",
    ]  # fmt: skip
    session["argv"] = ["gate.py", "--base", "main", "--candidate", "HEAD", "--output=out/gate"]
    assert rerun.rerun_of(session).lines[1:] == [
        "scripts/setup", "scripts/gate.py --base main --candidate HEAD --output out/again",
    ]  # fmt: skip
    session["argv"] = []
    assert rerun.rerun_of(session) is None


def test_each_command_has_a_line_of_its_own(planted, tmp_path):
    lines = rerun.rerun_of(results.sessions(planted)[0]).lines
    assert len(lines) > 1
    html, _ = report_pages.write(planted, tmp_path, [])
    text = "".join(f"{line}\n" for line in lines)
    assert f'<pre tabindex="0">{text}</pre>' in html.read_text(encoding="utf-8")
