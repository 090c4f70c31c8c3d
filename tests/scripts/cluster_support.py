"""A Dask cluster on this machine: a scheduler, and workers that pass for hosts, since each has a
lock and a boot of its own. Leaves out the binary, for which there is fake_skein.py."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time

from matrix_support import ROOT, matrix_run_in
from skein_scripts.hosts.cluster import workers_of

_UNPROFILED = {"DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False"}
# What it does beside being the binary: it says what it was started with.
_WRAPPER = """#!/bin/sh
env > "$FAKE_SKEIN_LOG.env"
grep Cpus_allowed_list /proc/self/status >> "$FAKE_SKEIN_LOG.env"
exec "%s" -I -S "%s" "$@"
"""


def wait_for(condition, what, seconds=40.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.05)
    raise AssertionError(f"it did not happen in time: {what}")


class Cluster:
    """A scheduler and its workers, in a folder; `run` runs the matrix on them."""

    def __init__(self, folder):
        self.folder = folder
        self.run = matrix_run_in(folder)
        (folder / "scripts").symlink_to(ROOT / "scripts")
        fake = ROOT / "tests" / "scripts" / "fake_skein.py"
        self.run.skein.write_text(_WRAPPER % (sys.executable, fake))
        self.workers = {}
        self._pids = {}
        self._processes = []
        self._file = folder / "scheduler.json"
        self.start_scheduler()

    def start_scheduler(self, *words):
        self._file.unlink(missing_ok=True)
        self._scheduler = self._spawn(
            "scheduler", "dask_scheduler", "--host", "127.0.0.1", "--port", "0",
            "--scheduler-file", str(self._file), *words, environment={},
        )  # fmt: skip
        wait_for(self._file.exists, "the scheduler is there")

    def kill_scheduler(self):
        self._scheduler.kill()

    @property
    def address(self):
        return json.loads(self._file.read_text())["address"]

    def _spawn(self, name, program, *words, environment):
        log = (self.folder / f"{name}.log").open("ab")
        process = subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{program}", *words, "--no-dashboard"],
            env={**self.run.environment, **environment}, stdout=log, stderr=log,
            cwd=self.folder, start_new_session=True,
        )  # fmt: skip
        log.close()
        self._processes.append(process)
        return process

    def start_worker(self, name, *words, boot=None, environment=_UNPROFILED, **more):
        """A worker under a nanny; `boot` is that of a machine of its own."""
        place = self.folder / name
        place.mkdir(exist_ok=True)
        (place / "boot").write_text(boot or f"boot-of-{name}")
        usual = ("--nthreads", "1", "--resources", "SKEIN=1")
        self.workers[name] = self._spawn(
            name, "dask_worker", "--scheduler-file", str(self._file), "--name", name,
            "--local-directory", str(place), *(words or usual),
            environment={
                "SKEIN_BOOT_ID_FILE": str(place / "boot"), "SKEIN_LOCK_FILE": str(place / "lock"),
                "FAKE_SKEIN_LOG": str(place / "calls.jsonl"), **environment, **more,
            },
        )  # fmt: skip

    def names(self):
        """The workers that the scheduler has, by name, with their addresses."""
        from distributed import Client

        with Client(self.address, set_as_default=False, timeout=20) as client:
            return {str(one["name"]): at for at, one in workers_of(client).items()}

    def await_workers(self, *names):
        """Until they are there. Who they are is known from then on: to ask while a session runs
        takes longer than the session, on a busy machine."""
        wait_for(lambda: set(names) <= set(self.names()), "the workers are there")
        self._pids = {name: self._ask_for_pid(name) for name in names}

    def pid_of(self, name):
        """The process of a worker below its nanny."""
        return self._pids.pop(name, None) or self._ask_for_pid(name)

    def _ask_for_pid(self, name):
        from distributed import Client

        with Client(self.address, set_as_default=False, timeout=20) as client:
            at = {one["name"]: at for at, one in workers_of(client).items()}[name]
            return client.run(os.getpid, workers=[at])[at]

    def kill_host(self, name):
        """Nanny and worker, at once and for good."""
        worker = self.pid_of(name)
        self.workers[name].kill()
        os.kill(worker, signal.SIGKILL)

    def words(self, *more, hosts=2):
        return (
            "--cluster", self.address, "--hosts", str(hosts), "--host-class", "here",
            "--remote-skein", str(self.run.skein), "--repeats", "4", *more,
        )  # fmt: skip

    def __call__(self, *more, hosts=2):
        return self.run(*self.words(*more, hosts=hosts))

    def start(self, *more):
        return self.run.start(*self.words(*more))

    def shares(self):
        """The records that have arrived, a list for each start of a session."""
        from skein_scripts.records import results

        paths = sorted((self.run.output / "shares").glob("*.jsonl"))
        return [results.load(path) for path in paths]

    def arrived(self, host):
        """How many runs of cells have arrived from a host."""
        return sum(
            record["kind"] == "run" and record.get("position") is not None
            for records in self.shares()
            if records and records[0]["host"]["name"] == host
            for record in records
        )

    def stop(self):
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
        for process in self._processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
