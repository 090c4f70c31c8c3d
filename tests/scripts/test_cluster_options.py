"""What is wrong with a matrix for a cluster before anybody is asked, and what needs no Dask."""

import subprocess
import sys

import pytest

from skein_scripts.base.errors import UsageError
from skein_scripts.hosts import on_host
from skein_scripts.hosts.cluster import check_address
from skein_scripts.hosts.dealing import deal
from skein_scripts.hosts.received import GapError, Received

WHOLE = (
    "--cluster", "tcp://127.0.0.1:1", "--hosts", "2", "--host-class", "here",
    "--remote-skein", "/opt/skein", "--repeats", "4",
)  # fmt: skip


@pytest.mark.parametrize(
    "address",
    ["tls://far.example:8786", "tls://10.0.0.1:8786", "tcp://127.0.0.1:1", "tcp://[::1]:8786",
     "tcp://localhost:8786"],
)  # fmt: skip
def test_only_tls_leaves_this_machine(address):
    check_address(address)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("tcp://10.0.0.1:8786", "only tls:// is spoken"),
        ("tcp://far.example:8786", "only tls:// is spoken"),
        ("tcp://127.0.0.1.example:8786", "only tls:// is spoken"),
        ("ws://127.0.0.1:8786", "write it like tls://"),
        ("far.example:8786", "write it like tls://"),
    ],
)
def test_an_address_that_lets_strangers_in_is_refused(address, why):
    with pytest.raises(UsageError, match=why):
        check_address(address)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--hosts", "2"), "--hosts belongs to --cluster"),
        (("--remote-skein", "/opt/skein"), "--remote-skein belongs to --cluster"),
        (WHOLE[:2], "--cluster needs --hosts"),
        (WHOLE[:4], "--cluster needs --host-class"),
        (WHOLE[:6], "--cluster needs --remote-skein"),
        ((*WHOLE, "--rounds", "0"), "--rounds is for shares by hand"),
        ((*WHOLE, "--host-name", "me"), "--host-name is for shares by hand"),
        ((*WHOLE, "--stream"), "--stream is for one session"),
        ((*WHOLE, "--skein", "/opt/skein"), "with --cluster it is --remote-skein"),
        (("--lost-after", "5"), "--lost-after belongs to --cluster"),
        ((*WHOLE, "--remote-skein", "build/skein"), "write the whole path"),
        ((*WHOLE, "--hosts", "1"), "at least 2"),
        ((*WHOLE, "--hosts", "many"), "not a whole number"),
        ((*WHOLE, "--hosts", "3"), "write --repeats 6"),
        ((*WHOLE, "--repeats", "3"), "write --repeats 4"),
        ((*WHOLE, "--cluster", "tcp://10.0.0.1:1"), "only tls:// is spoken"),
    ],
)
def test_options_that_do_not_go_together_are_refused_with_the_remedy(matrix_run, words, why):
    done = matrix_run(*words)
    assert done.returncode == 2, done.stdout
    assert why in done.stderr
    assert not matrix_run.output.exists()


@pytest.mark.slow
def test_rates_that_each_host_would_measure_are_refused(matrix_run):
    text = matrix_run.matrix.read_text()
    open_ = 'mode = "open"\nrate = "auto:60%"'
    matrix_run.matrix.write_text(text.replace('mode = "fixed"', open_))
    done = matrix_run(*WHOLE)
    assert done.returncode == 2
    assert "--set c10k/open.rate=20000" in done.stderr


@pytest.mark.slow
def test_without_dask_it_says_what_to_install(matrix_run, tmp_path):
    (tmp_path / "distributed.py").write_text("raise ModuleNotFoundError(name='distributed')\n")
    matrix_run.environment["PYTHONPATH"] = str(tmp_path)
    done = matrix_run(*WHOLE)
    assert done.returncode == 2
    assert "install scripts/requirements-cluster.txt" in done.stderr


@pytest.mark.slow
def test_where_no_scheduler_answers_it_says_how_to_start_one(matrix_run):
    pytest.importorskip("distributed", reason="needs scripts/requirements-cluster.txt")
    done = matrix_run(*WHOLE)
    assert done.returncode == 2
    assert "no scheduler answers at tcp://127.0.0.1:1" in done.stderr
    assert "dask scheduler" in done.stderr


@pytest.mark.slow
def test_tls_without_certificates_says_where_they_are_named(matrix_run):
    pytest.importorskip("distributed", reason="needs scripts/requirements-cluster.txt")
    done = matrix_run(*WHOLE, "--cluster", "tls://127.0.0.1:1")
    assert done.returncode == 2
    assert "DASK_DISTRIBUTED__COMM__TLS__CA_FILE" in done.stderr


@pytest.mark.parametrize(
    ("rounds", "have", "dealt"),
    [
        (range(8), {"a": 0, "b": 0}, {"a": [0, 1, 2, 3], "b": [4, 5, 6, 7]}),
        (range(7), {"a": 0, "b": 0}, {"a": [0, 1, 2, 3], "b": [4, 5, 6]}),
        ([5, 7], {"a": 4, "b": 2}, {"b": [5, 7]}),
        ([5], {"a": 4, "b": 0}, {"a": [5]}),  # b would have one round alone
        ([5], {"a": 4, "b": 1, "c": 0}, {"b": [5]}),  # b would be left with one
        ([5], {"a": 0}, {"a": [5]}),
        ([], {"a": 2, "b": 2}, {}),
    ],
)
def test_rounds_are_dealt_evenly_and_neighbours_together(rounds, have, dealt):
    assert deal(list(rounds), have) == dealt


def test_what_is_measured_gets_none_of_the_variables_of_a_nanny():
    inherited = {
        "PATH": "/bin", "SKEIN_LOCK_FILE": "x", "MALLOC_TRIM_THRESHOLD_": "65536",
        "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
        "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False", "__DASK_PARENT_PID": "1",
        "PYTHONPATH": "/dask",
    }  # fmt: skip
    assert on_host.clean_environment(inherited) == {"PATH": "/bin", "SKEIN_LOCK_FILE": "x"}


def test_what_is_sent_to_hosts_needs_none_of_our_modules():
    code = f"import runpy; runpy.run_path({on_host.__file__!r})"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], check=False)
    assert done.returncode == 0


def test_records_are_kept_in_order_once_and_a_gap_is_found(tmp_path, fixture_v1):
    lines = fixture_v1.read_text(encoding="utf-8").splitlines()
    received = Received(tmp_path / "shares")
    assert received.take("left/1", "s", 0, lines[0]) is not None
    assert received.take("left/1", "s", 0, lines[0]) is None
    with pytest.raises(GapError):
        received.take("left/1", "s", 2, lines[2])
    received.close()
    again = Received(tmp_path / "shares")
    assert again.take("left/1", "s", 0, lines[0]) is None
    assert again.take("left/1", "s", 1, lines[1]) is not None
    again.close()
    (path,) = (tmp_path / "shares").glob("*.jsonl")
    assert path.name == "left_1-s.jsonl"
    assert len(path.read_text(encoding="utf-8").splitlines()) == 2


def test_two_programs_do_not_write_into_one_output(tmp_path):
    first = Received(tmp_path / "shares")
    with pytest.raises(UsageError, match=r"another run_matrix\.py writes into .*: wait for"):
        Received(tmp_path / "shares")
    first.close()
    Received(tmp_path / "shares").close()


@pytest.mark.slow
def test_records_are_streamed_and_all_else_goes_to_standard_error(matrix_run):
    done = matrix_run("--stream")
    assert done.returncode == 0
    assert done.stdout == matrix_run.results.read_text(encoding="utf-8")
    assert "[12/12]" in done.stderr
