"""Manifests: which runtimes there are, in which order and looks, and how a foreign one is run."""

import shlex
from dataclasses import replace

import pytest

from skein_scripts.matrix.matrix import Cell
from skein_scripts.records import reference_page, runtimes
from skein_scripts.records.workloads import workloads
from skein_scripts.session import cell_record

MANIFEST = """
[[runtime]]
id = "toy"
order = 5
family = "future"
colour = "#000000"
marker = "o"
language = "Toy"
run = ["toy-run", "main.toy", "--fast"]
tools = ["sh", "no-such-tool"]
cannot = { c10k = "it has no sockets", "timers/churn" = "it cannot cancel" }
"""


@pytest.fixture
def toy(tmp_path, monkeypatch):
    folder = tmp_path / "toy"
    folder.mkdir()
    (folder / "runtime.toml").write_text(MANIFEST)
    (folder / "main.toy").write_text("")
    known = runtimes.runtimes(tmp_path)
    monkeypatch.setattr(cell_record, "foreign", lambda: known)
    return known["toy"]


def test_the_order_is_that_of_every_table_so_far_and_ours_come_from_the_binary():
    ours = [name for name, each in runtimes.runtimes().items() if not each.is_foreign]
    assert ours == [
        "coroutine", "coroutine_uring", "coroutine_stealing", "future", "future_busy",
        "future_stealing", "fiber", "fiber_asm", "fiber_uring", "thread",
        "thread_default", "callback", "callback_uring", "libuv", "epoll_floor",
    ]  # fmt: skip
    assert runtimes.in_order(["zig", "libuv", "ada", "coroutine"]) == [
        "coroutine", "libuv", "ada", "zig"
    ]  # fmt: skip


def test_files_of_its_folder_have_whole_paths_in_the_command(toy):
    assert toy.command() == ["toy-run", str(toy.folder / "main.toy"), "--fast"]


def test_work_that_it_does_not_do_is_a_limit_with_the_reason(toy):
    no_sockets = cell_record.obstacle(Cell("g", "c10k", "toy", {"mode": "idle"}))
    assert no_sockets["name"] == "runtime"
    assert "it has no sockets" in no_sockets["message"]
    no_cancel = cell_record.obstacle(Cell("g", "timers", "toy", {"pattern": "churn"}))
    assert "it cannot cancel" in no_cancel["message"]


def test_a_buffer_that_it_does_not_serve_is_a_limit_and_what_it_does_not_say_is_asked_of_it(toy):
    silent = cell_record.obstacle(Cell("g", "timers", "toy", {"pattern": "spread"}))
    assert silent["name"] == "toolchain"  # which is looked at last
    assert all(toy.serves(buffer) for buffer in ("lent", "own", "runtime"))


@pytest.mark.parametrize(
    ("settings", "limit"),
    [({}, "buffer"), ({"buffer": "runtime"}, "buffer"), ({"buffer": "own"}, None)],
)
def test_what_the_manifest_says_of_buffers_is_known_without_asking(
    tmp_path, monkeypatch, settings, limit
):
    text = MANIFEST.replace(', "no-such-tool"', "").replace("c10k = ", '"timers/storm" = ')
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "runtime.toml").write_text(text + 'buffers = ["own"]\n')
    known = runtimes.runtimes(tmp_path)
    monkeypatch.setattr(cell_record, "foreign", lambda: known)
    found = cell_record.obstacle(Cell("g", "c10k", "toy", {"mode": "idle", **settings}))
    assert (found and found["name"]) == limit
    assert limit is None or "it serves own" in found["message"]
    assert cell_record.obstacle(Cell("g", "timers", "toy", {"pattern": "spread"})) is None


def test_a_worker_of_its_own_is_a_reference_unless_its_manifest_says_otherwise(tmp_path):
    (tmp_path / "toy").mkdir()
    other = MANIFEST.replace('"toy"', '"example"').replace("order = 5", "order = 6")
    other = other.replace('"o"', '"s"')
    inside = "\n".join(
        line for line in MANIFEST.replace('"toy"', '"inside"').replace("= 5", "= 7").splitlines()
        if not line.startswith(("language", "run", "tools", "cannot", "marker"))
    )  # fmt: skip
    text = f"{MANIFEST}{other}reference = false\n{inside}\nmarker = 'D'\nreference = true\n"
    (tmp_path / "toy" / "runtime.toml").write_text(text)
    known = runtimes.runtimes(tmp_path)
    assert [name for name, each in known.items() if each.reference] == ["toy", "inside"]
    assert not any(each.reference for each in runtimes.runtimes().values() if not each.run)
    assert not runtimes.runtimes()["python_selectors"].reference


def test_the_page_of_references_is_what_the_manifests_say_and_each_line_has_a_source():
    page = reference_page.PAGE.read_text(encoding="utf-8")
    rows = runtimes.references()
    assert page == reference_page.with_table(page, rows), "call: scripts/references.py page"
    lines = [line.split("`") for line in page.splitlines() if line.startswith("| `")]
    assert [line[1] for line in lines] == [row.id for row in rows]
    assert [line[-2] for line in lines if not (runtimes.FOLDER / line[-2]).is_dir()] == []


def test_a_row_of_the_page_says_what_it_serves_or_else_what_it_does(toy):
    page = "# Rows\n\n| old |\n|---|\n| row |\n\nand more\n"
    row = replace(toy, about="toys", unfair="slow", folder=runtimes.FOLDER / "toy", cannot=())
    nothing = tuple((name, "why") for name in workloads())
    but_timers = tuple(each for each in nothing if each[0] != "timers")
    for one, said in (
        (replace(row, buffers=("lent", "own")), "lent, own"),
        (replace(row, cannot=but_timers), "timers only"),
        (replace(row, cannot=nothing), "no workload"),
    ):
        written = reference_page.with_table(page, [one])
        assert written.splitlines()[4:] == [
            f"| `toy` | toys | {said} | slow | `toy/` |", "", "and more"
        ]  # fmt: skip


def test_every_worker_of_its_own_says_what_it_is_and_what_is_unequal_about_it():
    for row in runtimes.foreign().values():
        assert row.about, row.id
        assert row.unfair, row.id


def test_a_missing_tool_is_a_limit_that_names_it(toy):
    limit = cell_record.obstacle(Cell("g", "timers", "toy", {"pattern": "spread"}))
    assert limit["name"] == "toolchain"
    assert "no-such-tool" in limit["message"]
    assert " sh" not in limit["message"]


def test_a_runtime_of_the_binary_meets_no_such_limit(toy):
    assert cell_record.obstacle(Cell("g", "c10k", "fiber", {"mode": "idle"})) is None


def test_a_foreign_cell_names_its_command_and_ours_does_not():
    foreign = Cell("g", "timers", "python_selectors", {"pattern": "storm", "tasks": 5})
    words = foreign.arguments()
    command = shlex.split(words[words.index("--worker-command") + 1])
    assert command[0] == "python3"
    assert command[1].endswith("runtimes/python_selectors/worker.py")
    assert "--worker-command" not in Cell("g", "timers", "fiber", {}).arguments()
