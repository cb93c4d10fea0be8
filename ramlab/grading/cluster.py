"""`--on`: attempts on several computers, by Dask. The scheduler is in this process, and so is the store.

Workers get a task's plain values and give back what came of it, so they need no file system in common with us.
Everything between them goes over TLS, with keys made for this run: whoever may talk to a scheduler or worker may run
what he likes there.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import shlex
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from containers import paths
from containers.errors import HostCannot, UsageError
from ramlab.children import Children
from ramlab.grading import kube, worker
from ramlab.grading.engines import undone
from ramlab.grading.replaying import Task, Told, replay
from ramlab.grading.worker import ONE_VM, PEMS
from ramlab.tables import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from ramlab.grading.engines import Engine

FORMS = {"local": "local:N", "ssh": "ssh:HOST,HOST...", "slurm": "slurm:QUEUE", "kube": "kube:NAMESPACE"}
INSTALL = "pip install 'ramlab[cluster]'"
DEATHS = 2
"""Workers that may end under an attempt before it is taken for the cause."""
LOOK_SECONDS = 0.05
SAID_AFTER_SECONDS = 10
GOODBYE_SECONDS = 20
MEND_SECONDS = 15
MEMORY, KUBE_MEMORY = "4GB", "4Gi"
"""Of a job in a queue; the largest lab's machine has half of it."""
IMAGE = "RAMLAB_IMAGE"
"""Variable: the image of a pod."""
STATE_APART = 'export XDG_STATE_HOME="${XDG_STATE_HOME:-$HOME/.local/state}/ramlab-workers/$(hostname)"'
"""A home folder is several nodes', and machines are one's."""
SSH, PYTHON, ADDRESS = "RAMLAB_SSH", "RAMLAB_REMOTE_PYTHON", "RAMLAB_ADDRESS"
"""Variables: the command ssh with its options; a host's Python, a line for its shell; this computer's address."""


def _never() -> str:
    return ""


@dataclass(frozen=True)
class Started:
    """A scheduler in this process, and workers that there are or will be."""

    dask: Any
    """A Dask cluster."""
    lost: Callable[[], str] = _never
    """Why no worker will come any more; empty while one may."""
    mend: Callable[[], object] = _never
    """Asks for workers in place of those that are gone."""


@dataclass(frozen=True)
class Cluster:
    """Workers somewhere, and the loop that keeps each of them busy with one attempt."""

    started: Callable[[], AbstractContextManager[Started]]
    """Starts a scheduler and workers, and ends them."""

    def run(self, tasks: Sequence[Task]) -> Generator[tuple[Task, Told]]:
        """See ramlab.grading.engines.Engine."""
        from distributed import Client, as_completed

        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # a worker that dies is no news to who grades
        with self.started() as started, Client(started.dask) as client:
            backlog, ended = list(reversed(tasks)), as_completed(with_results=True, raise_errors=False)
            waiting: dict[str, Task] = {}
            wait = _Patience(started)
            while backlog or waiting:
                # One for each worker, and not all at once: when a worker dies, Dask suspects each task that it had.
                while backlog and len(waiting) < len(started.dask.scheduler.workers):
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
    return Cluster({"local": _local, "ssh": _ssh, "slurm": _slurm, "kube": _kube}[where](words, jobs))


def _local(words: str, jobs: int) -> Callable[[], AbstractContextManager[Started]]:
    del jobs
    if not words.isdecimal() or not int(words):
        raise UsageError(f"--on local:{words}: no number of workers", hint="legal: local:N, N being 1 or more")
    return partial(_scheduler, "127.0.0.1", workers=int(words))


def _ssh(words: str, jobs: int) -> Callable[[], AbstractContextManager[Started]]:
    hosts = [host for host in words.split(",") if host]
    if not hosts or any(host.startswith("-") for host in hosts):
        raise UsageError(f"--on ssh:{words}: no hosts", hint=f"legal: {FORMS['ssh']}, as ssh knows them")
    return partial(_over_ssh, hosts, jobs)


def _slurm(words: str, jobs: int) -> Callable[[], AbstractContextManager[Started]]:
    _require("dask_jobqueue", install=INSTALL.replace("cluster", "slurm"))
    return partial(_in_slurm, words, jobs)


@contextmanager
def _scheduler(host: str, *, workers: int = 0) -> Iterator[Started]:
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
        yield Started(cluster)


@contextmanager
def _over_ssh(hosts: Sequence[str], jobs: int) -> Iterator[Started]:
    """So many workers on each host. The scheduler is here, and not, as with Dask's SSHCluster, on the first of them."""
    with _scheduler("0.0.0.0") as here, ExitStack() as undo:  # noqa: S104 -- over TLS, with keys of this run
        order = _order(here.dask, os.environ.get(ADDRESS, ""), jobs)
        python = os.environ.get(PYTHON) or shlex.quote(sys.executable)
        ssh = [*shlex.split(os.environ.get(SSH) or "ssh"), "-T", "-o", "BatchMode=yes"]
        calls = {}
        for host in hosts:
            call = calls[host] = subprocess.Popen(
                [*ssh, host, f"exec {python} -m {worker.__name__}"],
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, start_new_session=True,
            )  # fmt: skip
            assert call.stdin
            undo.callback(_hang_up, call)
            with suppress(BrokenPipeError):  # ssh has said why
                call.stdin.write(f"{order}\n")
                call.stdin.flush()
        yield Started(here.dask, partial(_all_gone, calls))


@contextmanager
def _in_slurm(queue: str, jobs: int) -> Iterator[Started]:
    """So many jobs in Slurm's queue, a worker in each. What else they need is said in Dask's own `jobqueue.slurm`."""
    import dask
    import dask_jobqueue
    from distributed.security import Security

    keys = paths.state() / "keys"  # in the home folder, which the nodes of a Slurm have in common
    keys.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": DEATHS}),
        dask_jobqueue.SLURMCluster(
            queue=queue, cores=1, processes=1, memory=dask.config.get("jobqueue.slurm.memory") or MEMORY,
            job_directives_skip=["-t "],  # the queue's own limit, and not Dask's half hour
            job_script_prologue=[STATE_APART], worker_extra_args=["--resources", "vm=1"],
            security=Security.temporary(), shared_temp_directory=str(keys), protocol="tls://",
            scheduler_options={"dashboard_address": None}, silence_logs=logging.CRITICAL,
        ) as cluster,
    ):  # fmt: skip
        ask = partial(cluster.scale, jobs=jobs)
        ask()
        yield Started(cluster, mend=ask)


def _kube(words: str, jobs: int) -> Callable[[], AbstractContextManager[Started]]:
    if not (image := os.environ.get(IMAGE)):
        raise UsageError(f"--on kube:{words}: which image?", hint=f"{IMAGE} names one that has ramlab and its labs")
    return partial(_in_kubernetes, words, jobs, image)


@contextmanager
def _in_kubernetes(namespace: str, jobs: int, image: str) -> Iterator[Started]:
    """So many pods of a Job. They have to reach this computer, and it them."""
    from distributed.utils import get_ip

    with _scheduler("0.0.0.0") as here:  # noqa: S104 -- over TLS, with keys of this run
        name = f"ramlab-grading-{secrets.token_hex(4)}"
        order = _order(here.dask, os.environ.get(ADDRESS) or get_ip(), 1)
        asked = kube.manifest(
            name=name, namespace=namespace, image=image, workers=jobs, order=order, memory=KUBE_MEMORY
        )
        try:
            _kubectl("apply", "-f", "-", said=json.dumps(asked))
            yield here
        finally:
            _kubectl("delete", "--namespace", namespace, "--ignore-not-found", f"job/{name}", f"secret/{name}")


def _kubectl(*words: str, said: str = "") -> None:
    try:
        done = subprocess.run(["kubectl", *words], input=said, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise HostCannot("there is no kubectl here", hint="install it; --on ssh:HOSTS needs none") from None
    if done.returncode:
        raise HostCannot(f"kubectl {words[0]}: {done.stderr.strip()}", hint="kubectl auth can-i create jobs")


def _order(cluster: Any, address: str, workers: int) -> str:  # noqa: ANN401 -- Dask's
    """What `ramlab.grading.worker` is told."""
    keys = {name: getattr(cluster.security, name) for name in PEMS}
    return json.dumps({"port": cluster.scheduler.port, "address": address, "workers": workers, "security": keys})


def _hang_up(call: subprocess.Popen[str]) -> None:
    """End the workers at the other end, and their attempts with them."""
    assert call.stdin
    with suppress(BrokenPipeError):
        call.stdin.close()
    try:
        call.wait(GOODBYE_SECONDS)
    except subprocess.TimeoutExpired:
        call.kill()
        call.wait()


def _all_gone(calls: Mapping[str, subprocess.Popen[str]]) -> str:
    if any(call.poll() is None for call in calls.values()):
        return ""
    return (
        f"no host has workers any more: {', '.join(f'{host}: ssh ended with {c.poll()}' for host, c in calls.items())}"
    )


def _require(*modules: str, install: str = INSTALL) -> None:
    from importlib.util import find_spec

    if lacking := [name for name in modules if find_spec(name) is None]:
        raise UsageError(f"--on needs {', '.join(lacking)}, which is not installed", hint=install)


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
    """A short sleep; where there is no worker, one line that says so. Raises HostCannot where none will come."""

    started: Started
    said: bool = False
    since: float = 0.0
    mended: float = field(default_factory=time.monotonic)

    def __call__(self) -> None:
        time.sleep(LOOK_SECONDS)
        if time.monotonic() - self.mended > MEND_SECONDS:
            self.mended = time.monotonic()
            self.started.mend()
        if self.started.dask.scheduler.workers:
            self.said, self.since = False, 0.0
            return
        if why := self.started.lost():
            raise HostCannot(why, hint="what is graded is kept: mend that, and type the same again")
        self.since = self.since or time.monotonic()
        if not self.said and time.monotonic() - self.since > SAID_AFTER_SECONDS:
            self.said = True
            print("no worker is there yet; waiting. Ctrl-C ends it, and loses nothing", file=sys.stderr)
