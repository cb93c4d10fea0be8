"""Who makes the attempts. An engine only runs them: nothing is lost when it is, for the store has what came of each."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from containers.errors import RamlabError, UsageError
from ramlab.children import Children
from ramlab.grading.one import Waiting, known, settle
from ramlab.grading.replaying import Task, Told, replay
from ramlab.grading.store import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from pathlib import Path

    from ramlab.grading.store import Store


class Engine(Protocol):
    """Makes attempts, some at once."""

    def run(self, tasks: Sequence[Task]) -> Generator[tuple[Task, Told]]:
        """What came of each task, as they end. Closing the generator ends what runs."""


def chosen(on: str, jobs: int) -> Engine:
    """The engine that `--on` names; this computer where it names none. Raises UsageError."""
    if jobs < 1:
        raise UsageError("--jobs takes 1 or more")
    if not on:
        return Here(jobs)
    from ramlab.grading import cluster

    return cluster.chosen(on, jobs)


def graded(
    files: Sequence[Path], store: Store, engine: Engine, *, kind: str, limit: float, begun: Callable[[], None]
) -> Generator[Result]:
    """The result of each file: those that are known, then the others as they come. Each is in the store before.

    `begun` is called between the two, where there are others.
    """
    waiting: dict[str, list[Waiting]] = {}
    for path in files:
        found = known(path, store, kind=kind, limit=limit)
        if isinstance(found, Result):
            yield found
        else:
            waiting.setdefault(found.task.key, []).append(found)
    if not waiting:
        return  # nobody has to be started
    begun()
    with closing(engine.run([same[0].task for same in waiting.values()])) as ended:
        for task, told in ended:
            same = waiting[task.key]
            result = settle(same[0], told, store)
            yield from (one.named(result) for one in same)


@dataclass(frozen=True)
class Here:
    """Processes on this computer."""

    jobs: int

    def run(self, tasks: Sequence[Task]) -> Generator[tuple[Task, Told]]:
        """See Engine."""
        children = Children()
        with ThreadPoolExecutor(self.jobs) as pool:
            try:
                waiting = {pool.submit(replay, task, children): task for task in tasks}
                for done in as_completed(waiting):
                    yield waiting[done], _told(done)
            except BaseException:  # Ctrl-C
                children.close()
                pool.shutdown(cancel_futures=True)
                raise


def undone(error: BaseException) -> Told:
    """What is told of a task that ended with an error of ours."""
    what = error.message if isinstance(error, RamlabError) else f"{type(error).__name__}: {error}"
    return Told(undone=what)


def _told(done: Future[Told]) -> Told:
    error = done.exception()
    return undone(error) if error else done.result()
