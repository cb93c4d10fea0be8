"""A copy of the miniature course for each test, and real pytest and ramlab processes in it."""

import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from pathlib import Path

import pexpect
import pytest

from ramlab.catalogue import Lab
from ramlab.submission import Manifest, Submission, version_of

HERE = Path(__file__).parent
collect_ignore = ["course"]

COMMAND = "import sys, local_machine; local_machine.install(); from ramlab.cli import main; sys.exit(main())"

RIGHT = (
    '. /usr/local/share/ramlab/parameters.env\nanswer size "$(cat /stage/size)"\n'
    'echo "$WORD" > /stage/note\nchmod 444 /stage/note\n'
)


@dataclass
class Run:
    """What a process said and how it ended."""

    status: int
    stdout: str
    stderr: str


@dataclass
class Course:
    """A folder with labs/ whose machines are local ones."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)
    begun: "list[subprocess.Popen[str]]" = field(default_factory=list)

    @property
    def lab(self) -> Path:
        return self.root / "labs" / "01_notes"

    @property
    def state(self) -> Path:
        return self.root / "state" / "ramlab"

    def pytest(self, *arguments: str) -> Run:
        return self._run("-m", "pytest", *arguments)

    def ramlab(self, *arguments: str, stdin: str = "") -> Run:
        return self._run("-c", COMMAND, *arguments, stdin=stdin)

    def solve(self, answer: str = "solution.sh") -> None:
        done = self.ramlab("exec", "01", "--", (self.lab / ".meta" / answer).read_text())
        assert done.status == 0, done

    def outcomes(self, *arguments: str) -> dict[str, str]:
        """Run pytest on the lab; what junitxml says of each check."""
        path = self.root / "junit.xml"
        self.pytest("labs/01_notes", f"--junitxml={path}", *arguments)
        return {
            case.attrib["name"]: next((child.tag for child in case if child.tag != "properties"), "passed")
            for case in ET.parse(path).iter("testcase")  # noqa: S314 -- pytest has just written it
        }

    def begin(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start a ramlab command and do not wait."""
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, *arguments], cwd=self.root, env=self.environment,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.begun.append(process)
        return process

    def terminal(self, *arguments: str) -> "pexpect.spawn[str]":
        """Type a ramlab command at a terminal of 100 columns."""
        child = pexpect.spawn(
            sys.executable, ["-c", COMMAND, *arguments], cwd=self.root, env=self.environment | {"TERM": "xterm"},
            dimensions=(30, 100), encoding="utf-8", timeout=100,
        )  # fmt: skip
        child.delaybeforesend = None
        return child

    def machines(self) -> list[str]:
        return sorted(path.name for path in (self.state / "machines").glob("*"))

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.lab / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def check(self, body: str, name: str = "test_the_size_is_found") -> None:
        """Put another body in place of a check's."""
        text = (self.lab / "test_notes.py").read_text()
        begin = text.index(f"def {name}(")
        end = text.find("\n\n\ndef ", begin)
        head, sentence, *_ = text[begin : end if end > 0 else None].splitlines()
        changed = "\n".join([head, sentence, *(f"    {line}" for line in body.splitlines())])
        (self.lab / "test_notes.py").write_text(text[:begin] + changed + "\n" + (text[end:] if end > 0 else ""))

    def _run(self, *argv: str, stdin: str = "") -> Run:
        done = subprocess.run(
            [sys.executable, *argv], cwd=self.root, env=self.environment, input=stdin,
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        return Run(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def course(tmp_path):
    root = tmp_path / "course"
    shutil.copytree(HERE / "course", root, ignore=shutil.ignore_patterns("__pycache__", ".*cache", ".ramlab"))
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "RAMLAB_", "COV_"))
    }
    environment |= {
        "DOCKER_HOST": f"unix://{tmp_path}/no-engine.sock",
        "PYTHONPATH": f"{HERE}:{HERE.parent.parent}",  # this checkout, whichever one is installed
        "PYTHONDONTWRITEBYTECODE": "1",
        "XDG_STATE_HOME": str(root / "state"),
        "XDG_CACHE_HOME": str(root / "cache"),
        "COLUMNS": "80",
        "NO_COLOR": "1",
        "LANG": "C.UTF-8",
    }
    made = Course(root, environment)
    yield made
    for process in made.begun:  # of a test that failed; what it has started ends with it
        process.kill()
        process.communicate()


@pytest.fixture
def hand_in(course):
    """Put what a student has made into the folder `class`."""
    folder = course.root / "class"
    folder.mkdir()

    def put(student, answer=RIGHT, **changes):
        version = version_of(Lab.load(course.lab))
        manifest = {"student": student, "lab": "01_notes", "lab_version": version, "image": "none"} | changes
        made = Submission(manifest=Manifest(**manifest), answer=answer.encode(), values={}, checks={})
        (folder / made.name).write_bytes(made.packed())
        return folder / made.name

    return put
