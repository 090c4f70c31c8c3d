"""A matrix on the workers of a Dask cluster, whatever becomes of them and of whoever asked."""

import os
import shutil
import signal
import subprocess

import pytest

from cluster_support import Cluster, wait_for

pytest.importorskip(
    "distributed", reason="needs scripts/requirements-cluster.txt, which nothing installs by itself"
)
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def cluster(tmp_path):
    made = Cluster(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def pair(cluster):
    """Two hosts on which a cell takes a while."""
    for name in ("left", "right"):
        cluster.start_worker(name, FAKE_SKEIN_SLEEP="1.0")
    cluster.await_workers("left", "right")
    return cluster


def slots(records):
    return sorted((run["block"], run["position"]) for run in records)


def host_of(records):
    return {one["session_id"]: one["host"]["name"] for one in records if one["kind"] == "session"}


def check_whole(cluster):
    """Every slot of the plan once, each round of one session, in the order of the plan."""
    runs = cluster.run.runs()
    assert slots(runs) == [(block, place) for block in range(4) for place in range(6)]
    by_block = {}
    for run in runs:
        by_block.setdefault(run["block"], []).append(run)
    order = next(one for one in cluster.run.records() if one["kind"] == "session")["plan"]["order"]
    for block, of_block in by_block.items():
        assert len({run["session_id"] for run in of_block}) == 1
        assert [run["key"] for run in of_block] == order[block]


def test_rounds_are_shared_by_hosts_and_become_one_file(cluster):
    every_cpu = os.sched_getaffinity(0)
    os.sched_setaffinity(0, [min(every_cpu)])  # as a worker may be bound, by whoever starts it
    try:
        for name in ("left", "right"):
            cluster.start_worker(name)
    finally:
        os.sched_setaffinity(0, every_cpu)
    done = cluster("--report")
    assert done.returncode == 0, done.stderr + done.stdout
    check_whole(cluster)
    names = host_of(cluster.run.records())
    by_host = {}
    for run in cluster.run.runs():
        by_host.setdefault(names[run["session_id"]], set()).add(run["block"])
    assert by_host == {"left": {0, 1}, "right": {2, 3}}
    assert "[24/24]" in done.stdout
    for name in by_host:
        said = (cluster.folder / name / "calls.jsonl.env").read_text()
        assert "NUM_THREADS" not in said
        assert "MALLOC_" not in said
        assert "DASK_" not in said
        assert len(every_cpu) == 1 or f"Cpus_allowed_list:\t{min(every_cpu)}\n" not in said
    assert (cluster.run.output / "report.html").exists()
    again = cluster("--resume")
    assert again.returncode == 2
    assert "choose another --output" in again.stderr


def test_records_arrive_while_a_session_runs(pair):
    running = pair.start()
    wait_for(lambda: 1 <= pair.arrived("left") < 12 and pair.arrived("right"), "records arrive")
    assert running.poll() is None
    assert not pair.run.results.exists()
    assert running.wait(60) == 0
    check_whole(pair)


def test_a_worker_that_is_killed_comes_back_and_goes_on_where_it_was(pair):
    running = pair.start()
    wait_for(lambda: pair.arrived("left") >= 8, "a round is whole, and the next has begun")
    os.kill(pair.pid_of("left"), signal.SIGKILL)
    said, wrong = running.communicate(timeout=90)
    assert running.returncode == 0, said + wrong
    assert "the worker of host 'left' is gone" in said
    assert "host 'left' runs the rounds 1" in said
    assert len(pair.shares()) >= 3  # every start is a session; Dask may have begun one itself
    check_whole(pair)


def test_a_host_that_does_not_come_back_is_named_and_its_rounds_are_resumed(pair):
    running = pair.start("--lost-after", "1")
    wait_for(lambda: pair.arrived("left") >= 8, "a round is whole, and the next has begun")
    pair.kill_host("left")
    said, wrong = running.communicate(timeout=90)
    assert running.returncode == 4, said + wrong
    assert "host 'left' did not come back; of its rounds 1 are missing" in said
    assert "go on with --resume" in wrong
    assert not pair.run.results.exists()
    pair.start_worker("left")
    done = pair("--resume")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "host 'left' runs the rounds 1" in done.stdout
    assert "host 'right' runs" not in done.stdout
    check_whole(pair)


def test_a_host_that_is_lost_with_one_round_alone_is_replaced_by_another(pair):
    running = pair.start("--lost-after", "1")
    wait_for(lambda: pair.arrived("left") >= 8, "a round is whole, and the next has begun")
    pair.kill_host("left")
    running.communicate(timeout=90)
    assert running.returncode == 4
    pair.start_worker("third")
    done = pair("--resume")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "host 'left' is not there, and too few of its rounds are whole (0)" in done.stdout
    assert "host 'third' runs the rounds 0-1" in done.stdout
    assert len(list((pair.run.output / "shares").glob("left-*.left-out"))) == 1
    check_whole(pair)


def test_ctrl_c_ends_the_sessions_and_resume_goes_on(pair):
    running = pair.start()
    wait_for(lambda: pair.arrived("left") >= 7 and pair.arrived("right") >= 2, "they run")
    running.send_signal(signal.SIGINT)
    said, wrong = running.communicate(timeout=60)
    assert running.returncode == 130, said + wrong
    assert "go on with --resume" in said
    ends = [records[-1] for records in pair.shares()]
    assert [end["kind"] == "session_end" and end["interrupted"] for end in ends] == [True, True]
    refused = pair()
    assert refused.returncode == 2
    assert "go on with --resume" in refused.stderr
    other = pair("--resume", "--seed", "99")
    assert other.returncode == 2
    assert "of another configuration" in other.stderr
    done = pair("--resume")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "host 'left' runs the rounds 1" in done.stdout
    assert "host 'right' runs the rounds" in done.stdout
    check_whole(pair)


def test_what_was_measured_after_the_client_was_lost_is_taken_up(pair):
    running = pair.start()
    wait_for(lambda: pair.arrived("left") >= 2, "they run")
    running.kill()
    running.wait()
    before = pair.arrived("left")
    calls = pair.folder / "left" / "calls.jsonl"
    wait_for(lambda: len(calls.read_text().splitlines()) >= 12, "they still run")
    done = pair("--resume")
    assert done.returncode == 0, done.stdout + done.stderr
    assert before < 6
    assert "host 'left' runs the rounds 0" not in done.stdout
    check_whole(pair)


def test_a_session_that_cannot_run_is_named_with_its_last_words(pair):
    import fcntl

    lock = (pair.folder / "left" / "lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    done = pair()
    assert done.returncode == 4
    assert "host 'left' ended with status 4 before the rounds 0-1 were whole" in done.stdout
    assert "another session is measuring" in done.stdout
    assert pair.arrived("right") == 12


def test_a_worker_that_is_not_fit_is_refused_with_how_to_start_it(cluster):
    cluster.start_worker("left")
    cluster.start_worker("right", environment={})
    done = cluster()
    assert done.returncode == 2
    assert "the profiler of host 'right' wakes every 10 ms: start each worker" in done.stderr


def test_a_worker_that_may_run_other_tasks_is_refused(cluster):
    cluster.start_worker("left")
    cluster.start_worker("right", "--nthreads", "2")
    done = cluster()
    assert done.returncode == 2
    assert "host 'right' may run other tasks beside a session" in done.stderr
    assert "--resources SKEIN=1" in done.stderr


def test_two_workers_of_one_machine_are_refused(cluster):
    cluster.start_worker("left", boot="one")
    cluster.start_worker("right", boot="one")
    done = cluster()
    assert done.returncode == 2
    assert "are on one machine" in done.stderr


def test_hosts_with_two_builds_are_refused_before_anything_is_measured(cluster):
    cluster.start_worker("left")
    cluster.start_worker("right", FAKE_SKEIN_BINARY="b" * 64)
    done = cluster()
    assert done.returncode == 2
    assert "left and right are of two builds of skein" in done.stderr
    assert cluster.shares() == []


def test_too_few_hosts_are_counted_and_named(cluster):
    cluster.start_worker("left")
    done = cluster()
    assert done.returncode == 2
    assert "the cluster has 1 hosts (left), and --hosts asks for 2" in done.stderr


def test_a_binary_that_is_not_there_is_named(cluster):
    cluster.start_worker("left")
    cluster.start_worker("right")
    done = cluster("--remote-skein", "/nowhere/skein")
    assert done.returncode == 2
    assert "has no binary at /nowhere/skein" in done.stderr


def test_a_scheduler_that_is_lost_ends_it_and_what_arrived_is_resumed(pair):
    running = pair.start()
    wait_for(lambda: pair.arrived("left") >= 7, "a round is whole")
    pair.kill_scheduler()
    said, wrong = running.communicate(timeout=120)
    assert running.returncode == 4, said + wrong
    assert "the scheduler is gone" in wrong
    pair.start_scheduler()
    for name in ("left", "right"):
        pair.workers[name].wait(60)
        pair.start_worker(name)
    done = pair("--resume")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "host 'left' runs the rounds 0" not in done.stdout
    check_whole(pair)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl, for a certificate")
def test_a_cluster_that_speaks_tls_is_measured_as_well(cluster):
    key, certificate = (cluster.folder / name for name in ("key.pem", "certificate.pem"))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         "/CN=skein", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    tls = {"DASK_DISTRIBUTED__COMM__TLS__CA_FILE": str(certificate)}
    for role in ("SCHEDULER", "WORKER", "CLIENT"):
        tls[f"DASK_DISTRIBUTED__COMM__TLS__{role}__CERT"] = str(certificate)
        tls[f"DASK_DISTRIBUTED__COMM__TLS__{role}__KEY"] = str(key)
    cluster.run.environment |= tls
    cluster.kill_scheduler()
    cluster.start_scheduler("--protocol", "tls")
    for name in ("left", "right"):
        cluster.start_worker(name)
    assert cluster.address.startswith("tls://")
    done = cluster()
    assert done.returncode == 0, done.stdout + done.stderr
    check_whole(cluster)
