"""A matrix on the hosts of a cluster: deals rounds, starts a session on each host, keeps records as
they arrive, and looks after hosts that are lost.

What can happen to a session, and what follows:

1. It ends. Rounds that it should have run and that are not whole make the host a failed one, with
   the session's last words; the others go on.
2. Its worker is gone. Dask would keep a task that is pinned to an address for ever, or run it
   again where the address comes back. So the task is cancelled, and what is left of its rounds
   starts anew as soon as a worker of the same boot is there, or is left for --resume after a while.
3. Dask has run it again all the same, before that was seen: a second start of one task. It is
   interrupted, and 2 follows.
4. We are interrupted, or fail: every session of ours is interrupted and writes its closing line.
5. We are killed: the sessions go on. Their events are with the scheduler, and --resume takes them
   up before it deals what is left; it interrupts sessions that still run.
"""

from __future__ import annotations

import queue
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..base.errors import MeasureError, UsageError
from ..matrix.rounds import in_words
from ..records.shapes import Record
from . import on_host
from .cluster import ClusterHost, ask, hosts_in, submit, workers_of
from .dealing import deal
from .events import Events, Heard
from .received import Received
from .together import hosts_of

_LOOK_S = 1.0
_LAST_RECORDS_S = 20.0  # after an interrupt, for closing lines
_MOST_STARTS = 5  # of sessions on one host

Said = Callable[[str], None]


@dataclass(frozen=True)
class Order:
    """What all sessions have in common; see on_host.measure."""

    tag: str
    skein: str
    arguments: Sequence[str]
    matrix: dict[str, str] | None
    lost_after_s: float  # that a lost worker has to come back

    @property
    def topic(self) -> str:
        """Of the events."""
        return f"skein-{self.tag}"


@dataclass
class Post:
    """A host at work."""

    host: ClusterHost
    rounds: list[int]
    task: Any = None
    key: str = ""
    start: str | None = None
    starts: int = 0
    lost_at: float | None = None
    failure: str | None = None
    is_done: bool = False

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes of it."""
        return self.is_done or self.failure is not None


class Engine:
    """Runs rounds of a matrix on hosts. `on_record` is told of each new record, `say` of hosts that
    begin or are lost."""

    def __init__(
        self,
        client: Any,
        order: Order,
        received: Received,
        on_record: Callable[[str, Record], None],
        say: Said,
    ) -> None:
        self._client = client
        self._order = order
        self._received = received
        self._events = Events(
            client, order.topic, received, lambda host, _start, record: on_record(host, record)
        )
        self._heard = Heard(order.lost_after_s)
        self._say = say
        self._arrived: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._posts: dict[str, Post] = {}  # by name of the host
        self._other_workers: set[str] = set()  # of which it is known that they are none of ours

    def take_up(self) -> None:
        """Interrupts what an earlier client left running, and keeps what it did not hear of."""
        self._interrupt(list(workers_of(self._client)))
        self._client.subscribe_topic(self._order.topic, self._hear)
        self._events.replay()

    def run(self, rounds: Sequence[int], hosts: Sequence[ClusterHost]) -> list[str]:
        """Runs the rounds that are not whole yet. Returns what went wrong, a line for each host."""
        whole = self._received.rounds()
        done = hosts_of(self._received.shares())
        have = {host.name: len(done.get(host.name, ())) for host in hosts}
        dealt = deal([block for block in rounds if block not in whole], have)
        self._posts = {
            host.name: Post(host, dealt[host.name]) for host in hosts if host.name in dealt
        }
        try:
            for post in self._posts.values():
                self._start(post)
            while not all(post.is_over for post in self._posts.values()):
                self._handle_arrivals(_LOOK_S)
                self._look_after_hosts()
        except BaseException:
            self._interrupt_all()
            raise
        return [
            f"host '{name}' {post.failure}" for name, post in self._posts.items() if post.failure
        ]

    def _start(self, post: Post) -> None:
        whole = self._received.rounds()
        post.rounds = [block for block in post.rounds if block not in whole]
        post.lost_at, post.start = None, None
        if not post.rounds:
            post.is_done = True
            return
        if post.starts == _MOST_STARTS:
            post.failure = f"lost its worker {_MOST_STARTS} times"
            return
        post.starts += 1
        post.key = f"skein-{post.host.name}-{uuid.uuid4().hex}"
        order = {
            "task": post.key,
            "tag": self._order.tag,
            "topic": self._order.topic,
            "host": post.host.name,
            "skein": self._order.skein,
            "matrix": self._order.matrix,
            "script": "run_matrix.py",
            "words": [
                *self._order.arguments,
                *("--host-name", post.host.name),
                *("--rounds", in_words(post.rounds)),
                *("--skein", self._order.skein),
            ],
        }
        self._say(f"host '{post.host.name}' runs the rounds {in_words(post.rounds)}")
        post.task = submit(self._client, post.host, on_host.measure, order, post.key)
        post.task.add_done_callback(lambda task: self._arrived.put((post.host.name, task)))

    def _hear(self, event: tuple[float, dict[str, Any]]) -> None:
        self._arrived.put(("", event[1]))

    def _handle_arrivals(self, seconds: float) -> None:
        """Waits so long for the first, and takes all that are there."""
        try:
            name, what = self._arrived.get(timeout=seconds)
            while True:
                self._handle(name, what)
                name, what = self._arrived.get_nowait()
        except queue.Empty:
            return

    def _handle(self, name: str, what: Any) -> None:
        if not name:
            self._handle_event(what)
        elif what is self._posts[name].task:
            self._handle_end(self._posts[name])

    def _handle_event(self, message: dict[str, Any]) -> None:
        if "begins" in message:
            self._handle_start(message)
        else:
            self._events.take(message)

    def _handle_start(self, message: dict[str, Any]) -> None:
        post = self._posts.get(message["host"])
        if post is None or post.is_over or message["begins"] != post.key:
            return
        if post.task is None:  # it is lost already, and another start of it has come
            return
        if post.start is None:
            post.start = message["start"]
        elif post.start != message["start"]:
            self._interrupt([post.host.address])
            self._lose(post, "was started again by Dask")

    def _handle_end(self, post: Post) -> None:
        if post.task.status != "finished":
            why = repr(post.task.exception()) if post.task.status == "error" else "lost its task"
            self._lose(post, f"broke off ({why})")
            return
        result = post.task.result()
        missing = set(post.rounds) - self._received.rounds()
        if missing:
            self._events.replay()
            missing -= self._received.rounds()
        if not missing:
            post.is_done = True
            return
        lines = [line for line in result["words"].splitlines() if line.strip()]
        last = lines[-1] if lines else "it said nothing"
        post.failure = (
            f"ended with status {result['status']} before the rounds {in_words(missing)} were"
            f" whole: {last}"
        )

    def _look_after_hosts(self) -> None:
        running = [post for post in self._posts.values() if not post.is_over]
        if not running:
            return
        try:
            workers = workers_of(self._client)
        except (OSError, TimeoutError) as error:
            raise MeasureError(
                f"the scheduler is gone ({error}); what arrived is kept: start it and the workers"
                " again, and go on with --resume"
            ) from error
        heard = self._heard.among(workers)
        for post in running:
            if post.lost_at is not None:
                self._find_again(post, heard)
            elif post.host.address not in workers:
                self._lose(post, "is gone")
            elif post.host.address not in heard:
                self._lose(post, f"has said nothing for {self._heard.silence_s:.0f} s")

    def _lose(self, post: Post, why: str) -> None:
        task, post.task = post.task, None
        task.cancel()
        post.lost_at = time.monotonic()
        self._say(
            f"the worker of host '{post.host.name}' {why}: its rounds go on when it is back, for"
            f" which it has {self._order.lost_after_s:.0f} s"
        )

    def _find_again(self, post: Post, workers: Sequence[str]) -> None:
        new = [one for one in workers if one not in self._other_workers]
        try:
            found = hosts_in(self._client, self._order.skein, new)
        except (OSError, TimeoutError):  # gone, or stopped, between the list and the question
            found = []
        except UsageError as error:
            self._say(str(error))
            self._other_workers.update(new)
            found = []
        known = {each.host.boot for each in self._posts.values()}
        for host in found:
            if host.boot == post.host.boot:
                post.host = ClusterHost(host.address, post.host.name, host.boot)
                self._start(post)
                return
            if host.boot not in known:
                self._other_workers.add(host.address)
        if post.lost_at is not None and time.monotonic() - post.lost_at > self._order.lost_after_s:
            missing = set(post.rounds) - self._received.rounds()
            post.failure = f"did not come back; of its rounds {in_words(missing)} are missing"

    def _interrupt(self, addresses: Sequence[str]) -> None:
        ask(self._client, addresses, on_host.interrupt, self._order.tag)

    def _interrupt_all(self) -> None:
        """Ends the sessions, and hears their closing lines. A second interrupt leaves them."""
        running = [post for post in self._posts.values() if post.task and not post.is_over]
        try:
            alive = workers_of(self._client)
            self._interrupt([one.host.address for one in running if one.host.address in alive])
        except (OSError, TimeoutError):
            return  # the scheduler is gone, and with it the workers
        until = time.monotonic() + _LAST_RECORDS_S
        while time.monotonic() < until and any(not one.task.done() for one in running):
            time.sleep(0.05)
        self._drain()

    def _drain(self) -> None:
        """Keeps the records that have arrived, whatever else came of it."""
        try:
            self._events.replay()
        except (OSError, TimeoutError, UsageError, MeasureError):
            return
