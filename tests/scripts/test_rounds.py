"""Some rounds of a matrix: the same order, pairs and seeds as in the whole."""

import pytest

from skein_scripts.base.errors import UsageError
from skein_scripts.matrix import rounds


@pytest.mark.parametrize(
    ("text", "found"),
    [("0", [0]), ("0-4", [0, 1, 2, 3, 4]), ("7,0-1", [0, 1, 7]), ("3,3, 2-3", [2, 3])],
)
def test_rounds_are_numbers_and_ranges(text, found):
    assert rounds.parse_rounds(text, 8) == found


@pytest.mark.parametrize("text", ["", "a", "-1", "1-", "1--2", "0;1", "0.5"])
def test_what_is_no_list_of_rounds_is_refused_with_an_example(text):
    with pytest.raises(UsageError, match="write it like 0-4"):
        rounds.parse_rounds(text, 8)


@pytest.mark.parametrize("text", ["8", "0-8", "4-3"])
def test_a_round_that_the_matrix_does_not_have_is_refused_with_those_it_has(text):
    with pytest.raises(UsageError, match="has the rounds 0-7"):
        rounds.parse_rounds(text, 8)


def test_rounds_are_written_as_they_are_read():
    assert rounds.in_words([7, 0, 1, 2]) == "0-2,7"
    assert rounds.in_words([0, 2]) == "0,2"
    assert rounds.in_words([]) == ""


def test_shares_run_what_the_whole_runs_in_the_same_order_with_the_same_seeds(matrix_run):
    def measured(*words):
        done = matrix_run("--repeats", "4", *words, output=matrix_run.folder / "_".join(words))
        assert done.returncode == 0, done.stderr
        return matrix_run.folder / "_".join(words) / "results.jsonl"

    from skein_scripts.records import results

    def facts(path):
        runs = results.runs(results.load(path))
        return [(r["block"], r["position"], r["key"], r["cell"]["seed"]) for r in runs]

    whole, first, second = (measured(*words) for words in (
        (), ("--rounds", "0-1"), ("--rounds", "2,3")
    ))  # fmt: skip
    assert facts(whole) == facts(first) + facts(second)
    of_whole, of_share = (results.sessions(results.load(path))[0] for path in (whole, second))
    assert of_share["plan"] == of_whole["plan"]
    assert of_share["config_sha256"] == of_whole["config_sha256"]


def test_a_share_is_resumed_by_its_own_rounds(matrix_run):
    matrix_run("--rounds", "1")
    assert {run["block"] for run in matrix_run.runs()} == {1}
    done = matrix_run("--rounds", "1", "--resume")
    assert "nothing left to run" in done.stdout
    matrix_run("--resume")
    assert sorted({run["block"] for run in matrix_run.runs()}) == [0, 1]
    assert len(matrix_run.runs()) == 12


def test_a_dry_run_shows_the_rounds_that_are_asked_for(matrix_run):
    done = matrix_run("--rounds", "1", "--dry-run")
    assert "6 runs of 6 cells in 1 of 2 rounds" in done.stdout
    assert "round 1" not in done.stdout


def test_rounds_that_the_matrix_lacks_are_a_usage_error(matrix_run):
    done = matrix_run("--rounds", "0-2")
    assert done.returncode == 2
    assert "the matrix has the rounds 0-1" in done.stderr
    assert matrix_run.calls() == []


def test_the_session_says_its_host(matrix_run):
    (matrix_run.folder / "boot").write_text("5d1c2a90-0000-4000-8000-000000000001\n")
    matrix_run.environment["SKEIN_BOOT_ID_FILE"] = str(matrix_run.folder / "boot")
    matrix_run("--rounds", "0")
    assert matrix_run.records()[0]["host"] == {
        "name": "boot-5d1c2a90", "class": None, "boot": "5d1c2a90-0000-4000-8000-000000000001",
    }  # fmt: skip
    matrix_run("--resume", "--host-class", "c6i", "--host-name", "left")
    second = [one for one in matrix_run.records() if one["kind"] == "session"][1]
    assert (second["host"]["name"], second["host"]["class"]) == ("left", "c6i")


def test_a_name_of_two_words_is_a_usage_error(matrix_run):
    done = matrix_run("--host-name", "two words")
    assert done.returncode == 2
    assert "write one word" in done.stderr


def test_a_machine_that_does_not_say_its_boot_is_not_measured(matrix_run):
    matrix_run.environment["SKEIN_BOOT_ID_FILE"] = str(matrix_run.folder / "none")
    done = matrix_run()
    assert done.returncode == 4
    assert "SKEIN_BOOT_ID_FILE" in done.stderr
