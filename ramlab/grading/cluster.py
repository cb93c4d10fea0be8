"""`--on`: attempts on several computers, by Dask. The scheduler is in this process, and so is the store.

Workers get a task's plain values and give back what came of it, so they need no file system in common with us.
Everything between them goes over TLS, with keys made for this run: whoever may talk to a scheduler or worker may run
what he likes there.
"""

from __future__ import annotations

import logging
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from containers.errors import UsageError
from ramlab.children import Children
from ramlab.grading.engines import undone
from ramlab.grading.replaying import Task, Told, replay
from ramlab.tables import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from contextlib import AbstractContextManager

    from ramlab.grading.engines import Engine

FORMS = {"local": "local:N", "ssh": "ssh:HOST,HOST...", "slurm": "slurm:QUEUE", "kube": "kube:NAMESPACE"}
INSTALL = "pip install 'ramlab[cluster]'"
DEATHS = 2
"""Workers that may end under an attempt before it is taken for the cause."""
LOOK_SECONDS = 0.05
SAID_AFTER_SECONDS = 10
ONE_VM = {"vm": 1}
"""What a worker has, and an attempt takes: one machine at a time, however many threads somebody's workers have."""


@dataclass(frozen=True)
class Cluster:
    """Workers somewhere, and the loop that keeps each of them busy with one attempt."""

    workers: Callable[[], AbstractContextManager[Any]]
    """Starts a scheduler and workers, gives the Dask cluster, and ends them."""

    def run(self, tasks: Sequence[Task]) -> Generator[tuple[Task, Told]]:
        """See ramlab.grading.engines.Engine."""
        from distributed import Client, as_completed

        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # a worker that dies is no news to who grades
        with self.workers() as cluster, Client(cluster) as client:
            backlog, ended = list(reversed(tasks)), as_completed(with_results=True, raise_errors=False)
            waiting: dict[str, Task] = {}
            wait = _Patience(cluster)
            while backlog or waiting:
                # One for each worker, and not all at once: when a worker dies, Dask suspects each task that it had.
                while backlog and len(waiting) < len(cluster.scheduler.workers):
                    task = backlog.pop()
                    future = client.submit(attempt, task, key=f"attempt-{task.key}", pure=False, resources=ONE_VM)
                    waiting[future.key] = task
                    ended.add(future)
                for future, outcome in ended.next_batch(block=False):
                    yield waiting.pop(future.key), _told(future, outcome)
                    future.release()
                wait()


def attempt(task: Task) -> Told:
    """`replay`, in a worker: however that ends, its attempts notice and end as well."""
    return replay(task, Children())


def chosen(on: str, jobs: int) -> Engine:
    """The engine that the words after `--on` mean. Raises UsageError that names the legal ones, or what to install."""
    where, _, words = on.partition(":")
    if where not in FORMS:
        raise UsageError(f"--on {on}: no such place", hint=f"{nearest(where, FORMS)}legal: {', '.join(FORMS.values())}")
    if not words:
        raise UsageError(f"--on {on} is not all", hint=f"legal: {FORMS[where]}")
    _require("distributed", "cryptography")
    return Cluster({"local": _local}[where](words, jobs))


def _local(words: str, jobs: int) -> Callable[[], AbstractContextManager[Any]]:
    del jobs
    if not words.isdecimal() or not int(words):
        raise UsageError(f"--on local:{words}: no number of workers", hint="legal: local:N, N being 1 or more")
    return partial(_scheduler, "127.0.0.1", workers=int(words))


@contextmanager
def _scheduler(host: str, *, workers: int = 0) -> Iterator[Any]:
    """A scheduler in this process that listens on `host`, and workers as processes beside it."""
    import dask
    from distributed import LocalCluster
    from distributed.security import Security

    with (
        dask.config.set({"distributed.scheduler.allowed-failures": DEATHS}),
        LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, host=host, resources=ONE_VM,
            security=Security.temporary(), dashboard_address=None, memory_limit=0, silence_logs=logging.CRITICAL,
        ) as cluster,
    ):  # fmt: skip
        yield cluster


def _require(*modules: str) -> None:
    from importlib.util import find_spec

    if lacking := [name for name in modules if find_spec(name) is None]:
        raise UsageError(f"--on needs {', '.join(lacking)}, which is not installed", hint=INSTALL)


def _told(future: Any, outcome: Any) -> Told:  # noqa: ANN401 -- Dask ships no types
    """What a future that has ended tells; its own error where it has one."""
    from distributed.scheduler import KilledWorker

    if future.status == "finished":
        told: Told = outcome
        return told
    error = outcome[1] if isinstance(outcome, tuple) else outcome
    if isinstance(error, KilledWorker):
        host = error.last_worker.host
        return Told(host=host, undone=f"{error.allowed_failures + 1} workers ended under it, the last one on {host}")
    return undone(error if isinstance(error, BaseException) else RuntimeError(f"its task was {future.status}"))


@dataclass
class _Patience:
    """A short sleep; where there is no worker, one line that says so."""

    cluster: Any
    said: bool = False
    since: float = 0.0

    def __call__(self) -> None:
        time.sleep(LOOK_SECONDS)
        if self.cluster.scheduler.workers:
            self.said, self.since = False, 0.0
            return
        self.since = self.since or time.monotonic()
        if not self.said and time.monotonic() - self.since > SAID_AFTER_SECONDS:
            self.said = True
            print("no worker is there yet; waiting. Ctrl-C ends it, and loses nothing", file=sys.stderr)
