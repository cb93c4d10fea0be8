"""A pytest plugin of the benchmark: how often each check goes to the machine.

Counts calls of `SshDoor.run`. RAMLAB_ROUND_TRIPS names the JSON file: `{"test_…": {"setup": 2, "call": 3}}`.
"""

import json
import os
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from containers.doors import SshDoor

counts: dict[str, Counter[str]] = {}
now = Counter[str]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> Generator[None, Any, Any]:
    """Book what was counted since the last report on this check's phase."""
    counts.setdefault(report.nodeid.rpartition("::")[2], Counter())[report.when or ""] += now.pop("calls", 0)
    return (yield)


def pytest_configure() -> None:
    """Put the counter in front of the door."""
    run = SshDoor.run

    def counted(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 -- passed through
        now["calls"] += 1
        return run(*args, **kwargs)

    SshDoor.run = counted  # type: ignore[method-assign]


def pytest_unconfigure() -> None:
    """Hand the counts over."""
    Path(os.environ["RAMLAB_ROUND_TRIPS"]).write_text(json.dumps(counts))
