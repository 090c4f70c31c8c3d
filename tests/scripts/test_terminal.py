"""Names as they are shown: brackets, control characters, wide and very long ones, everywhere."""

import argparse
import io

import pytest
from rich.console import Console

from matrix_support import SMALL_MATRIX
from skein_scripts.base import table, terminal
from skein_scripts.base.errors import MeasureError, ReaderGoneError
from skein_scripts.base.terminal import Terminal, detail, say, tell
from skein_scripts.base.visible import visible
from skein_scripts.gate import judge, show
from skein_scripts.matrix.matrix import Cell, Matrix
from skein_scripts.matrix.plan import make_plan
from skein_scripts.records import metrics
from skein_scripts.session.progress import BarProgress

NAMES = ["fixed[lent]", "[/bold]", ":smile:", "a\\[b]", "日本語 wide", "{x}%s", "a$b$c"]


def printed(make, width=200):
    out = io.StringIO()
    make(Terminal(file=out, width=width))
    return out.getvalue()


@pytest.mark.parametrize("name", NAMES)
def test_a_line_has_the_name_as_it_is(name):
    assert printed(lambda console: say(console, f"pair 1: {name}")) == f"pair 1: {name}\n"
    plain = Console(file=io.StringIO(), width=200)  # whoever brings their own console
    say(plain, name)
    assert plain.file.getvalue() == f"{name}\n"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\x1b[31mred", "a\\x1b[31mred"),
        ("two\nlines", "two\\nlines"),
        ("back\rwards\t", "back\\rwards\\t"),
        ("\u2028\u0085\u202e", "\\u2028\\x85\\u202e"),
        ("half \udcff", "half \\udcff"),
        ("zero\u200dwidth joiner", "zero\u200dwidth joiner"),
    ],
)
def test_what_would_not_be_seen_stands_as_its_escape(name, shown):
    assert visible(name) == shown
    assert printed(lambda console: say(console, name)) == f"{shown}\n"


@pytest.mark.parametrize("name", [*NAMES, "x" * 300])
def test_tables_have_whole_names_however_narrow_the_terminal(name):
    made = table.Table(title=name, columns=["", "runs", name], rows=[[name, "1", name]], notes=[])
    (found,) = judge.judge([judge.Pairs(name, metrics.named("cpu_per_op"), [(1.0, 2.0)] * 9)])
    compared = show.table_of([found], name, [name])
    for draw in (
        lambda console: table.render(made, console),
        lambda console: table.render_upright(made, console),
        lambda console: show.render(compared, console),
    ):
        for width in (60, 400):
            text = printed(draw, width)
            assert "…" not in text
            letters = "".join(one for one in text if one not in "│┃ \n")
            assert name.replace(" ", "") in letters


def test_markdown_shows_names_as_they_are():
    made = table.Table(title="a*b*", columns=["", "x|y", "`z`"],
                       rows=[["[l](u)", "<b>", "two\nlines"]], notes=["a\\b"])  # fmt: skip
    lines = table.markdown(made).splitlines()
    assert lines[0] == "### a\\*b\\*"
    assert lines[2] == "|  | x\\|y | \\`z\\` |"
    assert lines[4] == "| [l]\\(u) | \\<b> | two\\\\nlines |"
    assert lines[6] == "- a\\\\b"
    assert table.in_markdown("cpu_per_op [1.2, 3.4] fixed[lent]") == (
        "cpu_per_op [1.2, 3.4] fixed[lent]"
    )


def test_the_plan_of_a_matrix_has_whole_names(matrix_run):
    matrix_run.matrix.write_text(SMALL_MATRIX.replace('"fixed"', '"fixed[lent]"', 1))
    done = matrix_run("--dry-run")
    assert done.stdout.count("fixed[lent] · ") == 6


def test_a_bar_has_whole_names():
    cell = Cell("fixed[lent]", "timers", "fiber", {"pattern": "spread", "tasks": 1, "window": "1s"})
    slots = make_plan(Matrix("m", 1, 1, 0, (cell,)))
    out = io.StringIO()
    with BarProgress(slots, Terminal(file=out, width=200, force_terminal=True)) as bar:
        bar.begin(slots[0])
    assert "fixed[lent] · fiber" in out.getvalue()


def test_a_reader_that_goes_away_ends_the_printing_and_not_the_process():
    class Gone(io.StringIO):
        def flush(self):
            raise BrokenPipeError(32, "Broken pipe")

    with pytest.raises(ReaderGoneError):
        say(Terminal(file=Gone()), "hello")


def test_output_that_cannot_be_written_says_so():
    class Full(io.StringIO):
        def flush(self):
            raise OSError(28, "No space left on device")

    with pytest.raises(MeasureError, match="No space left"):
        say(Terminal(file=Full()), "hello")


def test_a_table_in_a_file_is_not_folded_unless_the_environment_says_how_wide_it_is(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    assert Terminal(file=io.StringIO()).width == 200
    assert Terminal(file=io.StringIO(), width=90).width == 90
    monkeypatch.setenv("COLUMNS", "72")
    assert Terminal(file=io.StringIO()).width == 72


def chosen(*words, **more):
    """The terminal that these options ask for, on a file of its own."""
    parser = argparse.ArgumentParser()
    terminal.add_output_options(parser)
    console = terminal.terminal_of(parser.parse_args(words))
    console.file = io.StringIO()
    for name, value in more.items():
        setattr(console, name, value)
    return console


def three_lines(console):
    """What is left of a line for everybody, one that always stands, and a detail."""
    say(console, "said")
    tell(console, "told")
    detail(console, "detail")
    console.print("a table")
    return console.file.getvalue().splitlines()


def test_quiet_leaves_what_is_told_and_verbose_adds_what_is_a_detail():
    assert three_lines(chosen()) == ["said", "told", "a table"]
    assert three_lines(chosen("--quiet")) == three_lines(chosen("-q")) == ["told"]
    assert three_lines(chosen("--verbose")) == ["said", "told", "detail", "a table"]
    assert three_lines(chosen("-v")) == ["said", "told", "detail", "a table"]


def test_quiet_is_quiet_again_after_a_line_that_could_not_be_told():
    class Full(io.StringIO):
        def flush(self):
            raise OSError(28, "No space left on device")

    console = chosen("-q", file=Full())
    with pytest.raises(MeasureError):
        tell(console, "told")
    assert console.quiet


@pytest.mark.parametrize(
    ("words", "no_color", "coloured"),
    [
        ([], None, False),  # a file is no terminal
        (["--color", "always"], None, True),
        (["--color", "always"], "1", True),  # what is said now, before what is said for ever
        (["--color", "never"], None, False),
        (["--color", "auto"], "1", False),
    ],
)
def test_colours_go_where_they_are_wanted(words, no_color, coloured, monkeypatch):
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_color:
        monkeypatch.setenv("NO_COLOR", no_color)
    console = chosen(*words)
    say(console, "red", "bold red")
    assert ("\x1b[" in console.file.getvalue()) == coloured


@pytest.mark.parametrize(
    ("no_color", "color", "coloured"),
    [(None, "auto", True), ("", "auto", True), ("1", "auto", False), (None, "never", False)],
)
def test_a_terminal_has_colours_unless_the_environment_or_an_option_says_no(
    no_color, color, coloured, monkeypatch
):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_color is not None:
        monkeypatch.setenv("NO_COLOR", no_color)
    console = Terminal(file=io.StringIO(), force_terminal=True, color=color)
    say(console, "red", "bold red")
    assert ("\x1b[" in console.file.getvalue()) == coloured


@pytest.mark.parametrize("words", [["-q", "-v"], ["--color", "sometimes"]])
def test_options_that_contradict_each_other_are_refused(words, capsys):
    with pytest.raises(SystemExit) as ended:
        chosen(*words)
    assert ended.value.code == 2
    assert "error: argument" in capsys.readouterr().err
