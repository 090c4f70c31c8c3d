"""README's table, figure and sentences are what its published run has: the part that
scripts/render_readme.py writes, from results that were made by hand, and README itself."""

import copy
import tomllib

import pytest

from matrix_support import ROOT, call_main
from planted_results import with_more_rounds
from skein_scripts.commands import render_readme
from skein_scripts.matrix.matrix import PRESET_FOLDER, load_matrix
from skein_scripts.records import results
from skein_scripts.report import all_figures, readme_values
from skein_scripts.report.plots import memory_per_task

FIRST = "<!-- from runs/one: written by scripts/render_readme.py -->"
LAST = "<!-- end -->"
PAGE = f"# A page\n\n{FIRST}\n\nold\n\n{LAST}\n\nThe rest, 4,127 of it.\n"
VALUES = {
    "idle": ("idle", "{user_bytes_per_task}"),
    "closed loop": ("fixed", "{cpu_per_op}"),
    "sleeping": ("spread", "{user_bytes_per_task} + {kernel_bytes_per_task}"),
    "late": ("spread", "{lateness_p50} / {lateness_p99}"),
    "timers": ("spread", "{early_fires}"),
    "20,011/s": ("open-mid", "{latency_p999}"),
    "30,011/s": ("open-high", "{latency_p99}"),
}
# Worked out from planted_figures.py: medians, the early timers of all rounds, and where a
# percentile is of too few samples in a run, that of all three together.
TABLE = [
    "| 1,000 connections | coroutine | coroutine_uring | fiber | fiber_uring | thread | libuv"
    " | epoll_floor |",
    "|---|---:|---:|---:|---:|---:|---:|---:|",
    "| idle, user B/conn. | 197 | – ¹ | 4,127 | – ¹ | 8,539 | – ² | 23 |",
    "| closed loop, CPU/request µs | 5.21 | 4.60 | 5.50 | 4.80 | 7.41 | 6.16 | 4.10 |",
    "| sleeping, user B/timer + kernel B/timer | 131 + 3 | – ¹ | 4,099 + 41 | – ¹"
    " | 8,513 + 22,717 ³ | 227 + 2 | 17 + 0 |",
    "| late, late p50 µs / late p99 µs | 35.3 / 280 | – ¹ | 50.9 / 737 | – ¹ | 105 / – ⁴ ³"
    " | 578 / 1,144 | 43.3 / 91.1 |",
    "| timers, early | 0 | – ¹ | 0 | – ¹ | 0 ³ | 148 | 0 |",
    "| 20,011/s, p99.9 µs | 328 † | – ¹ | 360 † | – ¹ | 492 † | – ¹ | 295 † |",
    "| 30,011/s, p99 µs | 158 | – ¹ | 173 | – ¹ | – ⁵ | – ¹ | 127 |",
]
NOTES = [
    "- ¹ not one of the runtimes of these cells",
    "- ² timeout: no answer within 40 s",
    "- ³ 5,000 tasks: threads are dear",
    "- ⁴ not in these cells, or of too few samples",
    "- ⁵ limit: RLIMIT_NPROC 9000 \\< 10016",
    "- † of the merged runs: one has too few samples for it",
]
ABOUT = (
    "Medians of the published run of the preset planted, [2026-11-05](runs/one/report.md): Planted"
    " CPU @ 2.71GHz, 6 CPUs, Linux 6.19.3-planted, g++ 12.2.0. 86 runs are valid, 3 ended as limit,"
    " 1 ended as failed, 3 ended as timeout, 1 was repeated. n = 3 runs of each runtime (thread in"
    " open-high 0, libuv in fixed 2, libuv in idle 0): a scale, not a ranking, for they are too few"
    " for a 95 % interval."
)
FIGURE = (
    "![What one waiting task costs, in user and kernel memory.](runs/one/plots/memory_per_task.svg)"
)


def declaration(lines="values", values=VALUES, more=""):
    text = f'[planted]\ncorner = "1,000 connections"\nlines = "{lines}"\n{more}\n'
    for label, (cells, show) in values.items():
        names = [cells] if isinstance(cells, str) else cells
        listed = ", ".join(f'"{name}"' for name in names)
        text += f'[[planted.value]]\nlabel = "{label}"\ncells = [{listed}]\nshow = "{show}"\n'
    return text


class Tree:
    """A page, a published run and a declaration, and the script called on them."""

    def __init__(self, folder, records, figure):
        self.page, self.declared = folder / "README.md", folder / "readme.toml"
        self.run = folder / "runs" / "one"
        (self.run / "plots").mkdir(parents=True)
        self.figure = self.run / "plots" / figure.name
        self.figure.write_bytes(figure.read_bytes())
        (self.run / "report.md").write_text("# A report")
        self.page.write_text(PAGE)
        self.declared.write_text(declaration())
        self.write(records)

    def write(self, records):
        text = "".join(results.dump(record) for record in records)
        (self.run / results.RESULTS_NAME).write_text(text, encoding="utf-8")

    def __call__(self, *words):
        return call_main("render_readme.py", render_readme.main, "--readme", self.page,
                         "--declared", self.declared, *words)  # fmt: skip

    def lines(self):
        return self.page.read_text(encoding="utf-8").splitlines()


@pytest.fixture(scope="module")
def figure(planted, tmp_path_factory):
    return all_figures.draw_one(planted, tmp_path_factory.mktemp("plots"), memory_per_task.NAME)


@pytest.fixture
def tree(tmp_path, planted, figure):
    return Tree(tmp_path, planted, figure)


def test_a_page_gets_table_notes_figure_and_what_the_numbers_are_worth(tree):
    assert tree() == 0
    assert tree.lines() == [
        "# A page", "", FIRST, "", *TABLE, "", *NOTES, "", FIGURE, "", ABOUT, "", LAST, "",
        "The rest, 4,127 of it.",
    ]  # fmt: skip


def test_a_page_has_a_part_for_each_run_that_it_names(tree, capsys):
    tree.page.write_text(PAGE + PAGE)
    assert tree() == 0
    once = ["", *TABLE, "", *NOTES, "", FIGURE, "", ABOUT, ""]
    part = ["# A page", "", FIRST, *once, LAST, "", "The rest, 4,127 of it."]
    assert tree.lines() == part * 2
    tree.page.write_text(tree.page.read_text().replace("1 was repeated", "2 were repeated", 1))
    assert tree("--check") == 1
    assert "2 were repeated" in capsys.readouterr().out


def test_a_table_without_a_figure_needs_none(tree):
    tree.declared.write_text(declaration(more="figure = false"))
    tree.figure.unlink()
    assert tree() == 0
    assert tree("--check") == 0
    assert tree.lines()[4:-4] == [*TABLE, "", *NOTES, "", ABOUT]


def test_many_runtimes_stand_below_each_other_with_the_same_figures(tree):
    tree.declared.write_text(declaration(lines="runtimes"))
    assert tree() == 0
    turned = [line.strip("| ").split(" | ") for line in tree.lines()[4:13]]
    assert [line[0] for line in turned[2:]] == TABLE[0].strip("| ").split(" | ")[1:]
    assert turned[0][1:] == [line.strip("| ").split(" | ")[0] for line in TABLE[2:]]
    of_fiber = next(line for line in turned if line[0] == "fiber")
    assert of_fiber[1:] == ["4,127", "5.50", "4,099 + 41", "50.9 / 737", "0", "360 †", "173"]


def test_the_runtimes_that_are_declared_are_shown_in_their_one_order(tree):
    tree.declared.write_text(declaration(more='runtimes = ["libuv", "coroutine"]'))
    assert tree() == 0
    assert tree.lines()[4] == "| 1,000 connections | coroutine | libuv |"


def test_a_figure_of_other_work_is_marked_and_its_note_says_in_what_it_differs(tree, planted):
    own = copy.deepcopy(planted)
    for run in results.runs(own):
        if run["run_id"].startswith("fixed-"):
            run["cell"]["buffer"] = "own"
            if run["echoed"]:
                run["echoed"]["buffer"] = "own"
    tree.write(own)
    of_two = {"20,011/s": (["open-mid", "fixed", "no-such-group"], "{cpu_per_op}")}
    tree.declared.write_text(declaration(values=of_two))
    assert tree() == 0
    assert tree.lines()[6] == (
        "| 20,011/s, CPU/request µs | 11.1 | 4.60 ¹ | 10.1 | 4.80 ¹ | 16.3 | 6.16 ¹ | 10.5 |"
    )
    apart = "cells of their own, not to be compared with the others"
    assert tree.lines()[8] == f"- ¹ own buffers: {apart}"


def test_check_is_green_after_writing_and_changes_nothing(tree, capsys):
    assert tree() == 0
    written = tree.page.read_bytes()
    assert tree("--check") == 0
    assert tree() == 0
    assert tree.page.read_bytes() == written
    assert "README.md says what runs/one has" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("was", "by_hand"), [("4,127", "4,126"), ("1 was repeated", "0 were repeated")]
)
def test_check_is_red_after_one_number_was_changed_by_hand(tree, capsys, was, by_hand):
    tree()
    text = tree.page.read_text(encoding="utf-8").replace(was, by_hand, 1)
    tree.page.write_text(text, encoding="utf-8")
    capsys.readouterr()
    assert tree("--check") == 1
    shown = capsys.readouterr()
    changed = [line for line in shown.out.splitlines() if line[0] in "+-" and line[1] not in "+-"]
    assert len(changed) == 2
    assert by_hand in changed[0]
    assert was in changed[1]
    assert "scripts/render_readme.py" in shown.err
    assert tree.page.read_text(encoding="utf-8") == text


def test_check_is_red_where_the_figure_is_not_what_the_results_draw(tree, planted, capsys):
    tree()
    drawn = tree.figure.read_bytes()
    tree.figure.write_bytes(drawn.replace(b"M ", b"L ", 1))
    assert tree("--check") == 1
    assert (
        "memory_per_task.svg is not what its results draw: scripts/report.py runs/one"
        in capsys.readouterr().err
    )
    tree.figure.write_bytes(drawn)
    assert tree("--check") == 0
    other = copy.deepcopy(planted)
    for run in results.runs(other):
        if run["status"] == "ok" and run["memory"] and run["cell"]["runtime"] == "fiber":
            run["memory"]["per_task"]["user_bytes"] += 5_000
    tree.write(other)
    assert tree() == 0
    assert tree("--check") == 1


def test_a_run_without_its_figure_ends_in_2(tree, capsys):
    tree.figure.rename(tree.figure.with_name("memory.svg"))
    assert tree() == 2
    assert "has no plots/memory_per_task.svg" in capsys.readouterr().err


def test_what_stands_outside_the_marks_is_the_authors(tree):
    tree()
    tree.page.write_text(tree.page.read_text(encoding="utf-8").replace("The rest", "More"))
    assert tree("--check") == 0


def test_of_nine_runs_the_report_has_intervals_and_one_run_has_no_spread(tree, planted):
    only_fixed = {"closed loop": ("fixed", "{cpu_per_op}")}
    tree.declared.write_text(declaration(values=only_fixed))
    more = with_more_rounds(copy.deepcopy(planted), (5_011, 5_021, 5_031, 5_041, 5_051, 5_061))
    tree.write(more)
    assert tree() == 0
    assert "n = 9 runs of each runtime (libuv 8): the report has the 95 %" in tree.lines()[-5]
    assert "ratios of their rounds, not by whether intervals overlap" in tree.lines()[-5]
    tree.write([one for one in planted if one["kind"] != "run" or one["block"] == 0])
    assert tree() == 0
    assert "n = 1 runs of each runtime: no spread is known" in tree.lines()[-5]


def test_an_inconclusive_session_says_so_under_the_table(tree, planted):
    bad = copy.deepcopy(planted)
    results.endings(bad)[0]["inconclusive"] = ["the anchor drifted by 15 %"]
    tree.write(bad)
    assert tree() == 0
    (line,) = [line for line in tree.lines() if line.startswith("Medians")]
    assert line.endswith("**The session is inconclusive: the anchor drifted by 15 %.**")


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("# A page\n", "0 first and 0 last marks"),
        (PAGE.replace(FIRST, ""), "0 first and 1 last marks"),
        (PAGE.replace(LAST, ""), "1 first and 0 last marks"),
        (f"{LAST}\n{FIRST}\n", "one after the other"),
        (f"{FIRST}\n{FIRST}\n{LAST}\n{LAST}\n", "2 first and 2 last marks"),
        (PAGE.replace("runs/one", "runs/two"), "there is no run at"),
        (PAGE.replace("runs/one", "runs/o ne"), "0 first"),
    ],
)
@pytest.mark.parametrize("words", [(), ("--check",)])
def test_marks_that_are_not_in_pairs_or_name_no_run_end_in_2(tree, capsys, page, said, words):
    tree.page.write_text(page)
    assert tree(*words) == 2
    assert said in capsys.readouterr().err
    assert tree.page.read_text() == page


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ("[quick]\n", "has no table for a run of the preset planted (it has quick)"),
        ("planted = 3\n", "planted: 3 is no table"),
        ("[planted", "cannot be read"),
        (declaration(more='runtimes = ["libevent"]'), "runtime of this run 'libevent'"),
        (declaration(more="runtimes = []"), "runtimes is a list of texts"),
        (declaration(more="figure = 1"), "figure is true or false"),
        (declaration(more="column = 3"), "unknown key 'column'"),
        (declaration(lines="columns"), "unknown word in lines 'columns'"),
        (declaration().replace('corner = "1,000 connections"', ""), "it has no corner"),
        (declaration(values={}), "it has no value"),
        (declaration(values={"a": ("idel", "{cpu_per_op}")}), "did you mean 'idle'?"),
        (declaration(values={"a": ("idle", "{cpu_per_opp}")}), "did you mean 'cpu_per_op'?"),
        (declaration(values={"a": ("idle", "{latency_p90}")}), "latency_p90 has no heading"),
        (declaration(values={"a": ("idle", "cpu_per_op")}), "show has figures such as"),
        (declaration(values={"a": ("idle", "{cpu_per_op} {")}), "show has figures such as"),
    ],
)
def test_a_declaration_that_cannot_be_ends_in_2_by_name(tree, capsys, declared, said):
    tree.declared.write_text(declared)
    assert tree("--check") == 2
    assert said in capsys.readouterr().err
    assert tree() == 2
    assert tree.page.read_text() == PAGE


def test_a_run_without_a_preset_or_a_report_ends_in_2(tree, planted, capsys):
    (tree.run / "report.md").unlink()
    assert tree() == 2
    assert "'scripts/report.py" in capsys.readouterr().err
    by_hand = copy.deepcopy(planted)
    results.sessions(by_hand)[0]["plan"]["preset"] = None
    tree.write(by_hand)
    assert tree() == 2
    assert "a run of the preset None" in capsys.readouterr().err
    (tree.run / results.RESULTS_NAME).write_text("{}\n")
    assert tree() == 2
    assert "results.jsonl:1:" in capsys.readouterr().err


def test_a_page_that_is_not_there_or_no_text_ends_in_2(tree, capsys):
    tree.page.write_bytes(b"\xff\xfe")
    assert tree() == 2
    assert "is not UTF-8" in capsys.readouterr().err
    tree.page.unlink()
    assert tree() == 2
    assert "cannot read" in capsys.readouterr().err


def test_every_cell_that_is_declared_is_one_of_its_preset():
    declared = tomllib.loads(readme_values.FILE.read_text(encoding="utf-8"))
    assert {"quick", "references", "c1m"} <= declared.keys()
    for preset in declared:
        groups = load_matrix(PRESET_FOLDER / f"{preset}.toml").groups
        named = {name for value in readme_values.shown_of(preset).values for name in value.cells}
        assert named <= set(groups), preset


@pytest.mark.slow
def test_readme_says_what_its_published_run_has(capsys):
    status = call_main("render_readme.py", render_readme.main, "--check")
    assert status == 0, capsys.readouterr().out
    assert (ROOT / "README.md").read_text(encoding="utf-8").count("](results/published/") >= 2
