"""What the engine does when Dask does what it should not, on a client that is none."""

import threading
import types

import pytest

from skein_scripts.base.errors import UsageError
from skein_scripts.hosts import cluster, events, on_host
from skein_scripts.hosts.cluster import ClusterHost
from skein_scripts.hosts.engine import Engine, Order
from skein_scripts.hosts.received import Received

pytest.importorskip("cloudpickle", reason="needs scripts/requirements-cluster.txt")


class Task:
    status = "pending"

    def __init__(self):
        self.is_cancelled = False

    def add_done_callback(self, _callback):
        pass

    def cancel(self):
        self.is_cancelled = True

    def done(self):
        return True


class Client:
    """Two workers; `script` are the events that arrive, one for each look at the workers."""

    def __init__(self, script):
        self.script, self.tasks, self.asked = script, [], []
        self.events = []

        self.scheduler, self.status = self, "running"

    def sync(self, function, callback_timeout, **words):
        assert callback_timeout > 0
        return function(**words)

    def identity(self, n_workers):
        assert n_workers == -1
        if self.script:
            self.script.pop(0)(self)
        return {"workers": {"tcp://127.0.0.1:1": {"name": "left"}}}

    def scheduler_info(self, **_words):
        return {"workers": {}}  # as right after Dask has refreshed its copy

    def run(self, function, *words, workers, **_more):
        self.asked.append((function.__reduce__()[0](function._text).__name__, words, workers))
        return {}

    def submit(self, _function, order, **how):
        self.tasks.append((order, how, Task()))
        return self.tasks[-1][2]

    def subscribe_topic(self, _topic, handler):
        self.hear = lambda message: handler((0.0, message))

    def get_events(self, _topic):
        return [(0.0, event) for event in self.events]


@pytest.fixture
def engine_of(tmp_path):
    def make(*script):
        client = Client(list(script))
        order = Order("tag", "/opt/skein", ["--repeats", "2"], None, 0.0)
        said = []
        engine = Engine(
            client, order, Received(tmp_path, "a" * 64), lambda *_record: None, said.append
        )
        engine.take_up()
        return types.SimpleNamespace(engine=engine, client=client, said=said)

    return make


HOSTS = [ClusterHost("tcp://127.0.0.1:1", "left", "boot")]


def begins(start):
    def happen(client):
        client.hear({"host": "left", "start": start, "begins": client.tasks[-1][0]["task"]})

    return happen


def nothing(_client):
    pass


def test_a_session_is_bound_to_its_host_and_never_a_task_like_another(engine_of):
    made = engine_of()
    made.engine._order = Order("tag", "/opt/skein", [], None, 0.0)
    made.client.script = [nothing, lambda _client: (_ for _ in ()).throw(OSError("gone"))]
    with pytest.raises(Exception, match="the scheduler is gone"):
        made.engine.run([0, 1], HOSTS)
    ((order, how, _task),) = made.client.tasks
    assert order["words"] == [
        "--host-name", "left", "--rounds", "0-1", "--skein", "/opt/skein",
    ]  # fmt: skip
    assert how["workers"] == ["tcp://127.0.0.1:1"]
    assert how["allow_other_workers"] is False
    assert how["resources"] == {"SKEIN": 1}
    assert how["pure"] is False


def test_a_task_that_dask_started_again_is_interrupted_and_given_up(engine_of):
    made = engine_of(nothing, begins("first"), begins("second"))
    found = made.engine.run([0, 1], HOSTS)
    assert found == ["host 'left' did not come back; of its rounds 0-1 are missing"]
    assert made.client.tasks[0][2].is_cancelled
    assert ("interrupt", ("tag",), ["tcp://127.0.0.1:1"]) in made.client.asked
    assert any("started again by Dask" in line for line in made.said)


def test_a_task_that_dask_started_twice_more_is_given_up_once(engine_of):
    def both(client):
        begins("second")(client)
        begins("third")(client)

    made = engine_of(nothing, begins("first"), both)
    found = made.engine.run([0, 1], HOSTS)
    assert found == ["host 'left' did not come back; of its rounds 0-1 are missing"]


def test_a_worker_that_is_stopped_is_lost_though_the_scheduler_keeps_it(engine_of, monkeypatch):
    monkeypatch.setattr(events, "_LEAST_SILENCE_S", 0.0)
    made = engine_of()
    found = made.engine.run([0, 1], HOSTS)
    assert found == ["host 'left' did not come back; of its rounds 0-1 are missing"]
    assert any("has said nothing for 0 s" in line for line in made.said)


def test_a_worker_that_does_not_answer_is_named_in_time(monkeypatch):
    monkeypatch.setattr(cluster, "_ANSWER_S", 0.05)
    is_over = threading.Event()
    stopped = types.SimpleNamespace(run=lambda *_words, **_more: is_over.wait())
    with pytest.raises(TimeoutError, match=r"no answer .* from the workers tcp"):
        cluster.ask(stopped, ["tcp://127.0.0.1:1"], on_host.facts, "/opt/skein")
    is_over.set()


def test_a_worker_off_this_machine_is_asked_nothing_unless_it_speaks_tls():
    client = Client([])
    with pytest.raises(UsageError, match="only tls:// is spoken"):
        cluster.hosts_in(client, "/opt/skein", ["tcp://10.0.0.1:1"])
    assert client.asked == []


def test_a_host_with_another_matrix_by_that_name_ends_it(engine_of, fixture_v1, tmp_path):
    line = fixture_v1.read_text(encoding="utf-8").splitlines()[0]

    def arrive(client):
        client.hear({"host": "left", "start": "one", "number": 0, "line": line})

    made = engine_of(nothing, begins("one"), arrive)
    with pytest.raises(UsageError, match="check out the same commit on every host"):
        made.engine.run([0, 1], HOSTS)
    assert made.client.asked[-1][0] == on_host.interrupt.__name__
    assert not list(tmp_path.glob("*.jsonl"))  # what is of another matrix would end each --resume


def test_a_record_that_got_lost_is_taken_from_the_list_of_events(engine_of, fixture_v1, tmp_path):
    import json

    first, second = fixture_v1.read_text(encoding="utf-8").splitlines()[:2]
    first = json.dumps(json.loads(first) | {"config_sha256": "a" * 64})

    def arrive(client):
        client.events = [
            {"host": "left", "start": "one", "number": number, "line": line}
            for number, line in enumerate((first, second))
        ]
        client.hear(client.events[1])

    def gone(_client):
        raise OSError("gone")

    made = engine_of(nothing, begins("one"), arrive, nothing, gone)
    with pytest.raises(Exception, match="the scheduler is gone"):
        made.engine.run([0, 1], HOSTS)
    assert len((tmp_path / "left-one.jsonl").read_text(encoding="utf-8").splitlines()) == 2
