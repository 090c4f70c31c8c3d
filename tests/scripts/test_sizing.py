"""What a host can hold: predictions that are near what was measured, the limit that breaks first,
and files that are refused with what to write instead."""

import json
import math
from statistics import median

import pytest

from matrix_support import ROOT
from skein_scripts.base.errors import USAGE, UsageError, run_main
from skein_scripts.commands import sizing as command
from skein_scripts.records.results import load, runs
from skein_scripts.sizing.compare import compared
from skein_scripts.sizing.figures import FILE, figures_of
from skein_scripts.sizing.host import host_of
from skein_scripts.sizing.predict import Sizing
from skein_scripts.sizing.show import first_of

HOSTS = ROOT / "scripts" / "hosts"
FIGURES = figures_of()
PUBLISHED = "results/published/2026-11-29-references"

HOST = {
    "memory": '"64GiB"', "reserved": '"4GiB"', "cpus": "4", "descriptors_per_process": "20_000",
    "nr_open": "1_048_576", "port_range": "[32768, 60999]", "client_addresses": "8",
    "ends": '"both"',
}  # fmt: skip


@pytest.fixture
def host(tmp_path):
    """Writes a host's file with these entries changed or left out."""

    def write(**changes):
        path = tmp_path / "host.toml"
        entries = {k: v for k, v in (HOST | changes).items() if v is not None}
        path.write_text("".join(f"{key} = {value}\n" for key, value in entries.items()))
        return path

    return write


def sized(path, runtime="coroutine", rate=0.0):
    return Sizing(host_of(path), FIGURES, FIGURES.runtimes[runtime], rate)


@pytest.fixture(scope="module")
def published():
    """The valid runs with lent buffers."""
    records = load(ROOT / PUBLISHED / "results.jsonl")
    return [
        run
        for run in runs(records)
        if run["status"] == "ok"
        and run["cell"]["workload"] == "c10k"
        and run["cell"]["buffer"] == "lent"
    ]


def of(published, runtime, mode):
    return [
        run for run in published if (run["cell"]["runtime"], run["cell"]["mode"]) == (runtime, mode)
    ]


@pytest.mark.parametrize("runtime", FIGURES.runtimes)
def test_predictions_of_10_000_connections_are_within_5_percent_of_the_published(
    runtime, published
):
    assert FIGURES.runtimes[runtime].source == PUBLISHED
    need = sized(HOSTS / "small.toml", runtime).need(10_000)
    idle = of(published, runtime, "idle")
    last = [run["memory"]["points"][-1] for run in idle]
    assert {point["tasks"] for point in last} == {10_000}
    user = median(point["rss_anon_bytes"] for point in last)
    assert need.user_bytes == pytest.approx(user, rel=0.05)
    kernel = median(run["memory"]["per_task"]["kernel_bytes"] for run in idle)
    assert need.kernel_bytes == pytest.approx(10_000 * kernel, rel=0.05)


@pytest.mark.parametrize("runtime", FIGURES.runtimes)
def test_the_cpu_of_messages_lies_between_the_published_of_many_and_of_few_at_once(
    runtime, published
):
    need = sized(HOSTS / "small.toml", runtime, rate=0.1).need(10_000)
    closed = median(run["cpu"]["per_op_ns"] for run in of(published, runtime, "fixed"))
    assert need.cpus_least == pytest.approx(1_000 * closed / 1e9, rel=0.05)
    opened = median(
        run["cpu"]["per_op_ns"]
        for run in of(published, runtime, "open")
        if run["cell"]["rate_per_s"] == 35_300
    )
    assert need.cpus_most == pytest.approx(1_000 * opened / 1e9, rel=0.05)


@pytest.mark.parametrize("each", compared(FIGURES), ids=lambda one: f"{one.check.name}, {one.what}")
def test_predictions_are_as_near_as_they_must_be_to_what_was_measured(each):
    assert each.holds, each
    assert each.check.source


def test_a_million_connections_were_measured_within_10_percent():
    found = {each.what: each for each in compared(FIGURES) if each.check.connections == 1_000_000}
    assert set(found) == {"user", "kernel"}
    assert all(each.check.within == 1.1 and each.holds for each in found.values())


def test_loops_are_as_many_as_skein_takes():
    of_small = sized(HOSTS / "small.toml")
    assert [of_small.need(n).tables for n in (10_000, 100_000, 300_000, 1_000_000)] == [
        1,
        6,
        16,
        51,
    ]


@pytest.mark.parametrize("runtime", ["coroutine", "thread"])
def test_where_the_clients_are_elsewhere_so_are_their_sockets_and_no_threads_stack(host, runtime):
    both, server = sized(host(), runtime), sized(host(ends='"server"'), runtime)
    sockets = FIGURES.runtimes["epoll_floor"].kernel_bytes / 2
    less = both.need(1_000_000).kernel_bytes - server.need(1_000_000).kernel_bytes
    assert less == 1_000_000 * sockets
    assert server.need(1_000_000).client_bytes == 0
    assert server.need(1_000_000).open_files == both.need(1_000_000).open_files / 2


@pytest.mark.parametrize(
    ("changes", "rate", "first", "most"),
    [
        ({"memory": '"5GiB"'}, 0, "memory", 128_000),
        ({"tables": "1"}, 0, "descriptors a process", 19_936),
        ({"file_max": "200_128"}, 0, "fs.file-max", 99_680),
        ({"client_addresses": "1", "server_ports": "1"}, 0, "ports", 28_232),
        ({"client_addresses": "1", "port_range": "[1, 1000]"}, 0, "ports", 1_000),
        ({}, 100.0, "CPU", 7_538),
    ],
)  # fmt: skip
def test_the_limit_that_breaks_first_is_named_with_what_it_allows(host, changes, rate, first, most):
    found = sized(host(**changes), rate=rate)
    name, count = found.most()[0]
    assert name == first
    assert count == pytest.approx(most, rel=0.01)
    assert all(limit.holds for limit in found.limits(count))
    assert [limit.name for limit in found.limits(count + 1) if not limit.holds] == [first]


def test_a_thread_for_each_connection_ends_where_threads_do(host):
    limited = sized(host(threads_max="32_768"), "thread")
    assert limited.most()[0] == ("threads", 32_768)
    assert sized(host(threads_max="32_768"), "fiber").most() == sized(host(), "fiber").most()


def test_a_host_with_room_for_all_breaks_at_nothing_but_memory_that_ends(host):
    assert [name for name, _ in sized(host()).most()] == ["memory"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"memory": None}, "it has no memory: write one"),
        ({"memroy": "1"}, "unknown key 'memroy'"),
        ({"memory": "-1"}, "memory is -1: it must be a number of bytes above 0"),
        ({"memory": '"24 pounds"'}, "is not a size (write it like 64KiB"),
        ({"memory": "true"}, "memory is True"),
        ({"reserved": '"64GiB"'}, "leave some for connections"),
        ({"cpus": "-2"}, "cpus is -2: it must be a number above 0"),
        ({"cpus": "nan"}, "cpus is nan"),
        ({"cpus": "inf"}, "cpus is inf"),
        ({"cpus": '"two"'}, "cpus is 'two'"),
        ({"client_addresses": "0"}, "client_addresses is 0: it must be a whole number above 0"),
        ({"client_addresses": "1.5"}, "client_addresses is 1.5"),
        ({"port_range": "[60999, 32768]"}, "write two ports, 1 to 65535"),
        ({"port_range": "28232"}, "write [32768, 60999]"),
        ({"ends": '"client"'}, "unknown ends 'client' (valid: both, server)"),
        ({"ends": "2"}, "ends is 2: it must be a text"),
        ({"descriptors_per_process": '"2M"'}, "raise fs.nr_open"),
        ({"memory": '"24GiB'}, "cannot be read"),
    ],
)
def test_a_host_that_cannot_be_is_refused_with_what_to_write(host, changes, says):
    path = host(**changes)
    with pytest.raises(UsageError) as error:
        host_of(path)
    assert says in str(error.value)
    assert str(path) in str(error.value)


def test_a_table_without_room_for_a_connection_is_refused(host):
    with pytest.raises(UsageError, match="write more than 64"):
        sized(host(descriptors_per_process="64")).need(1)


@pytest.mark.parametrize(
    ("found", "instead", "says"),
    [
        ("user_bytes = 193", "user_bytes = -193", "runtime coroutine: user_bytes is -193"),
        ("user_bytes = 193", "user = 193", "runtime coroutine: unknown key 'user'"),
        ("[clients]", "[client]", "unknown key 'client'"),
        ("[[check]]", "[check]", "write [[check]], in two brackets"),
        ('runtime = "coroutine"', 'runtime = "cobol"', "unknown runtime 'cobol'"),
        ('runtime = "coroutine"', "runtime = 5", "runtime is 5: it must be a text"),
        ('note = "a second', 'note = 5 # "', "note is 5: it must be a text"),
        ("within = 1.1", "within = 0", "check 'a million connections, here': within is 0"),
        ("descriptors = 64", 'descriptors = "few"', "is not a count"),
    ],
)
def test_figures_that_cannot_be_are_refused_with_their_place(tmp_path, found, instead, says):
    text = FILE.read_text(encoding="utf-8")
    assert found in text
    path = tmp_path / "figures.toml"
    once = 1 if found != "[[check]]" else text.count(found)
    cut = text if once == 1 else text[: text.index(found, text.index(found) + 1)]
    path.write_text(cut.replace(found, instead, 1))
    with pytest.raises(UsageError) as error:
        figures_of(path)
    assert says in str(error.value)


def test_figures_of_another_runtime_alone_can_be_checked(tmp_path):
    text = FILE.read_text(encoding="utf-8").replace("coroutine", "another")
    path = tmp_path / "figures.toml"
    path.write_text(text)
    assert all(each.holds for each in compared(figures_of(path)))


def test_the_command_prints_the_first_limit_and_writes_every_number(tmp_path, capsys):
    out, page = tmp_path / "out.json", tmp_path / "out.md"
    words = [str(HOSTS / "small.toml"), "--rate", "0.01", "--connections", "1M,10M", "--checks"]
    assert command.main([*words, "--json", str(out), "--markdown", str(page)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "the first to break: memory beyond" in said
    found = json.loads(out.read_text())
    first, second = found["needs"]
    assert (first["breaks"], second["breaks"]) == ([], ["memory"])
    assert found["most"][0]["limit"] == "memory"
    parts = first["user_bytes"] + first["kernel_bytes"] + first["client_bytes"]
    assert math.isclose(first["memory_bytes"], parts)
    assert "MigratoryData" in page.read_text()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["no-such.toml"], "no-such.toml is not there: name a file that is"),
        (["{small}", "--runtime", "cobol"], "unknown runtime 'cobol'"),
        (["{small}", "--connections", "10k,0"], "--connections must be at least 1"),
        (["{small}", "--connections", "-5"], "'-5' is not a count (write it like 10k"),
        (["{small}", "--rate", "0.0"], "it must be above 0"),
        (["{small}", "--figures", "no-such.toml"], "no-such.toml is not there"),
    ],
)
def test_bad_input_ends_in_2_with_the_remedy(words, says, capsys, monkeypatch):
    small = str(HOSTS / "small.toml")
    monkeypatch.setattr("sys.argv", ["sizing.py", *(word.format(small=small) for word in words)])
    assert run_main("sizing.py", command.main) == USAGE
    assert says in capsys.readouterr().err


@pytest.mark.parametrize("path", sorted(HOSTS.glob("*.toml")), ids=lambda path: path.name)
def test_every_host_of_ours_can_be_sized(path):
    assert sized(path).most()


def test_the_page_shows_what_the_script_prints(tmp_path):
    """`scripts/sizing.py scripts/hosts/X.toml --markdown FILE` writes its tables anew."""
    said = (ROOT / "results/SIZING.md").read_text(encoding="utf-8")
    for words in (["small.toml", "--checks"], ["large.toml", "--rate", "0.0167"]):
        page = tmp_path / "page.md"
        assert command.main([str(HOSTS / words[0]), *words[1:], "--markdown", str(page)]) == 0
        rows = [line for line in page.read_text().splitlines() if line.startswith("| ")]
        assert rows
        for row in rows:
            assert row in said
        assert (
            first_of(sized(HOSTS / words[0], rate=float(words[-1]) if "--rate" in words else 0.0))
            in said
        )
