"""The pytest plugin: knows a lab when it sees one. What a run of labs then does is in `ramlab.labrun`.

A run without labs only pays for six options and one `stat` per folder.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from containers.machine import Machine
    from ramlab.catalogue import Lab
    from ramlab.labrun import LabRun

RUN = pytest.StashKey["LabRun"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what `pytest labs/LAB` understands."""
    group = parser.getgroup("ramlab", "labs")
    group.addoption("--student", metavar="ID", default="", help="whose machine and parameters (default: login name)")
    group.addoption(
        "--machine", metavar="KIND", default="auto", help="vm, docker or auto: what to start where none runs"
    )
    group.addoption(
        "--answer", metavar="FILE", help="an attempt: fresh machine, scenario, run FILE, checks, gone again"
    )
    group.addoption("--answer-limit", metavar="SECONDS", type=float, default=900.0, help="how long it may take (900)")
    group.addoption("--attempt-report", metavar="FILE", help="write what the attempt did as JSON; logs go beside it")
    group.addoption(
        "--witness",
        action="store_true",
        help="hold what the examiner sees against the machine's memory (vm only), and keep logs in any case",
    )


@pytest.fixture(scope="module")
def lab_machines(request: pytest.FixtureRequest) -> Iterator[Callable[[str], Machine]]:
    """The machines of a lab, by name (the first one's is empty), as long as its checks run."""
    folder = request.node.getparent(LabFolder)
    assert folder is not None, "only a lab has machines"
    with lab_run(request.config).machines(folder) as machines:
        yield machines


class LabFolder(pytest.Directory):
    """A folder with a lab.toml."""

    lab: Lab

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        """Collect the lab's one file of checks; a broken lab.toml is one collection error."""
        from containers.errors import UsageError
        from ramlab.catalogue import Lab

        try:
            self.lab = Lab.load(self.path)
        except UsageError as error:
            raise self.CollectError(str(error)) from None
        yield from self.ihook.pytest_collect_file(file_path=self.lab.checks, parent=self)


@pytest.hookimpl(tryfirst=True)
def pytest_collect_directory(path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Make labs of the folders that are."""
    if not (path / "lab.toml").is_file():
        return None
    lab_run(parent.config)
    return LabFolder.from_parent(parent, path=path)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Let a run that asks for labs, and not for pytest's own words, read as a list of tasks."""
    # Not is_file(): /dev/null is the answer of who did nothing.
    if config.option.answer and (not Path(config.option.answer).exists() or Path(config.option.answer).is_dir()):
        raise pytest.UsageError(f"--answer: there is no file {config.option.answer}")
    _name_the_nearest(config)
    asked = _asks_for_labs(config)
    if asked and getattr(config.option, "numprocesses", None):
        raise pytest.UsageError("a lab's checks share one machine, one after the other: leave -n out")
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    ordinary = config.option.verbose > 0 or config.option.tbstyle != "auto" or config.option.collectonly
    if reporter and not ordinary and asked:
        lab_run(config).live = True
        # pytest's own lines are the same facts in its own words; `-v` or `--tb` brings them back.
        config.option.verbose = -2
        config.option.tbstyle = "no"
        reporter.reportchars = ""
        reporter.showfspath = False


def lab_run(config: pytest.Config) -> LabRun:
    """The part of the plugin that only a run with labs has; registered when first asked for."""
    run = config.stash.get(RUN, None)
    if run is None:
        from ramlab import interrupts
        from ramlab.labrun import LabRun

        interrupts.hear()
        interrupts.hold_lifeline()
        run = config.stash[RUN] = LabRun(config)
        config.pluginmanager.register(run, "ramlab-labs")
    return run


def _name_the_nearest(config: pytest.Config) -> None:
    """Raise UsageError for a lab that is not there, in a folder of labs: pytest would only say that it is not there."""
    for argument in config.args:
        path = config.invocation_params.dir / argument.split("::")[0]
        labs = [] if path.exists() else [lab.parent.name for lab in path.parent.glob("*/lab.toml")]
        if labs:
            from ramlab.tables import nearest

            raise pytest.UsageError(
                f"no lab {path.name!r} in {path.parent}: {nearest(path.name, labs)}labs: {', '.join(sorted(labs))}"
            )


def _asks_for_labs(config: pytest.Config) -> bool:
    """Whether each path on the command line is a lab, in a lab, or a folder of labs."""
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        return False
    paths = [config.invocation_params.dir / argument.split("::")[0] for argument in config.args]
    return all(
        (path / "lab.toml").is_file() or (path.parent / "lab.toml").is_file() or any(path.glob("*/lab.toml"))
        for path in paths
    )
