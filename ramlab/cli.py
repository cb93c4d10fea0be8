"""The command line `ramlab`. This module only knows words; each command is imported when it is called.

argparse, not typer: that imports pydantic, and a command would cost 0.18 s where this costs 0.04 s.
"""

import argparse
import io
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import NoReturn

from containers.errors import RamlabError, UsageError
from ramlab import interrupts

INTERRUPTED = 130
"""128 + SIGINT, as shells report it."""
JOBS = (os.cpu_count() or 1) + 1
"""Of `ramlab verify`, machines at once: an attempt waits at least a third of its time."""

Argument = tuple[tuple[str, ...], dict[str, object]]


def _argument(*names: str, **settings: object) -> Argument:
    return names, settings


LAB = _argument("lab", metavar="LAB", help="05_oom, 05 or oom")
STUDENT = _argument("--student", metavar="ID", default="", help="whose machine (default: your login name)")
MACHINE = _argument("--machine", metavar="KIND", default="auto", help="vm, docker or auto")
COURSE = _argument("--course", metavar="FILE", default="", help="its terms and secret (default: course.toml)")
WORKSHOP = _argument("--name", metavar="NAME", default="workshop", help="which one, where there are several")


@dataclass(frozen=True)
class Command:
    """One word of `ramlab`: where its function is and what it takes."""

    function: str
    """`module:function`, called with the arguments by name; its result is the exit status."""
    summary: str
    arguments: tuple[Argument, ...] = ()
    rest: str = ""
    """Where set: the words after LAB (or after `--`) are not ours and go to the function under this name."""


GROUPS: dict[str, dict[str, Command]] = {
    "Learn": {
        "list": Command("ramlab.learning:list_labs", "the labs, and how far you are in them"),
        "start": Command(
            "ramlab.life:start",
            "a machine, the lab's stage set, and a shell in it",
            (
                LAB, STUDENT, MACHINE,
                _argument("--no-shell", action="store_true", help="only start it"),
                _argument("--print-command", action="store_true", help="print the QEMU command and do nothing"),
            ),
        ),
        "check": Command(
            "ramlab.learning:check", "what is done so far; PYTEST-ARG: -k, -x, -v ...",
            (LAB, STUDENT, MACHINE), rest="pytest_args",
        ),
        "hint": Command(
            "ramlab.learning:hint", "the next hint",
            (LAB, _argument("task", metavar="TASK", nargs="?", default="", help="its number or check"), STUDENT),
        ),
        "guide": Command("ramlab.guide.site:guide", "the book, in your browser"),
        "solution": Command("ramlab.learning:solution", "the reference answer, a shell script", (LAB,)),
        "enrol": Command(
            "ramlab.tickets:enrol", "be who your instructor's ticket says",
            (_argument("ticket", metavar="TICKET", help="a name, a colon, 32 digits"),),
        ),
        "submit": Command(
            "ramlab.handing_in:submit", "your answer: drafted, replayed, packed",
            (
                LAB, STUDENT, MACHINE,
                _argument("--answer", metavar="FILE", default="", help="the script (default: <lab>.sh, drafted)"),
                _argument("--as-is", action="store_true", help="pack it though it does not do all tasks"),
            ),
        ),
    },
    "Machines": {
        "shell": Command(
            "ramlab.life:shell", "another terminal in the machine",
            (LAB, STUDENT, _argument("--record", action="store_true", help="keep what it shows, as an asciicast")),
        ),
        "exec": Command("ramlab.life:execute", "run a command in the machine", (LAB, STUDENT), rest="command"),
        "walk": Command(
            "ramlab.walk:walk", "a process's page tables, read from outside",
            (
                LAB, _argument("pid", metavar="PID", help="as ps shows it in the machine"),
                _argument("address", metavar="ADDRESS", help="hexadecimal, as in /proc/PID/maps"), STUDENT,
            ),
        ),
        "workload": Command("ramlab.life:workload", "run the lab's workload there", (LAB, STUDENT), rest="words"),
        "record": Command(
            "ramlab.sampling:record", "its memory over time, into a file",
            (
                LAB, STUDENT,
                _argument("--seconds", metavar="N", type=float, default=0.0, help="end after N (default: Ctrl-C ends)"),
                _argument("--interval", metavar="S", type=float, default=1.0, help="between samples (default 1)"),
                _argument("--workload", metavar="NAME", default="", help="run this and end with it: press"),
                _argument("--out", metavar="FILE", default="", help="default: LAB.jsonl"),
            ),
        ),
        "plot": Command(
            "ramlab.plotting:plot", "a recording as table, SVG and PNG",
            (
                _argument("file", metavar="FILE", help="what `ramlab record` wrote"),
                _argument("--table", action="store_true", dest="table_only", help="no pictures"),
            ),
        ),
        "reset": Command("ramlab.life:reset", "begin anew in a fresh machine", (LAB, STUDENT, MACHINE)),
        "stop": Command(
            "ramlab.life:stop", "end the machine",
            (
                _argument("lab", metavar="LAB", nargs="?", default="", help="05_oom, 05 or oom"), STUDENT,
                _argument("--all", action="store_true", dest="every", help="all your machines of all labs"),
            ),
        ),
        "status": Command("ramlab.life:status", "what is running"),
    },
    "This computer": {
        "doctor": Command("ramlab.doctor:doctor", "what it can run, and why not"),
        "dockerhost": Command(
            "ramlab.dockerhost:dockerhost", 'a Docker host in a vm: eval "$(ramlab dockerhost)"', (STUDENT,)
        ),
        "clean": Command("ramlab.doctor:clean", "empty the cache of images and templates"),
    },
    "Teach": {
        "grade": Command(
            "ramlab.grading.command:grade", "replay and check each submission, write the book",
            (
                _argument("folder", metavar="FOLDER", help="what was handed in"),
                _argument("--out", metavar="DIR", default="grades", help="where the book goes (default: grades)"),
                _argument("--limit", metavar="SECONDS", type=float, default=900.0, help="for an answer (default 900)"),
                _argument("--jobs", metavar="N", type=int, default=2, help="machines at once (default 2)"),
                _argument("--on", metavar="WHERE", default="", help="local:N, ssh:HOSTS, slurm:QUEUE, kube:NAMESPACE"),
                COURSE,
                _argument("--verify", action="store_true", help="compare what was written with its signatures"),
                MACHINE,
            ),
        ),
        "tickets": Command(
            "ramlab.tickets:tickets", "who a student is in your course, to be handed out",
            (_argument("students", metavar="STUDENT", nargs="*", help="default: the course's roster"), COURSE),
        ),
        "replay": Command(
            "ramlab.handing_in:replay", "a shell where a submission has been replayed",
            (_argument("file", metavar="FILE", help="<student>-<lab>.tar.gz"), COURSE, MACHINE),
        ),
        "workshop up": Command(
            "ramlab.workshop.running:up", "seats in a browser, until Ctrl-C",
            (
                _argument("--seats", metavar="N", type=int, default=0, help="how many (default: 30, or the file's)"),
                _argument("--demo", action="store_true", help="any name gets in; for this computer alone"),
                _argument("--port", metavar="N", type=int, default=0, help="where it listens (default 8000)"),
                _argument("--config", metavar="FILE", default="", help="its terms (default: workshop.toml)"),
                WORKSHOP,
            ),
        ),
        "workshop status": Command("ramlab.workshop.running:status", "what runs, who has a seat", (WORKSHOP,)),
        "workshop export": Command(
            "ramlab.workshop.export:export", "the grade book's formats, as things stand",
            (
                _argument("--out", metavar="DIR", default="workshop-export", help="default: workshop-export"),
                COURSE, WORKSHOP,
            ),
        ),
        "workshop down": Command(
            "ramlab.workshop.running:down", "export, then end all of it",
            (
                _argument("--out", metavar="DIR", default="", help="where the export goes (default: NAME-export)"),
                WORKSHOP,
            ),
        ),
    },
    "Write labs": {
        "verify": Command(
            "ramlab.verify:verify",
            "do checks accept right answers, refuse wrong ones?",
            (
                _argument("labs", metavar="LAB", nargs="+"),
                _argument("--repeat", metavar="N", type=int, default=1, help="each attempt N times, as N students"),
                _argument("--jobs", metavar="N", type=int, default=JOBS, help=f"at once (default here {JOBS})"),
                _argument("--brief", action="store_true", help="untouched, solution, a wrong answer for each check"),
                MACHINE,
            ),
        ),
        "new": Command("ramlab.authoring:new", "a lab's files, with TODOs", (_argument("name", metavar="NAME"),)),
    },
}  # fmt: skip

COMMANDS = {name: command for group in GROUPS.values() for name, command in group.items()}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status. 0 done, 1 a check failed, 2 usage, 3 this host cannot, 4 our fault."""
    words = list(sys.argv[1:] if argv is None else argv)
    interrupts.hear()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that has no ✓ gets a ?
    try:
        status = _run(words)
        sys.stdout.flush()
    except RamlabError as error:
        complain(error.message, error.hint)
        return error.exit_status
    except KeyboardInterrupt:
        complain("interrupted; nothing half-made stays")
        return INTERRUPTED
    except BrokenPipeError:  # the reader, `head` for example, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001 -- whatever it is, a learner is not to see a traceback
        return _our_fault(error, words)
    return status


def complain(message: str, hint: str = "") -> None:
    """Say on stderr what went wrong and what to do next."""
    print(f"ramlab: {message}", file=sys.stderr)
    for index, line in enumerate(hint.splitlines()):
        print(f"{'  next: ' if index == 0 else '        '}{line}", file=sys.stderr)


def _run(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help", "help"):
        print(_help())
        return 0
    if words[0] == "--version":
        from importlib.metadata import version

        print(f"ramlab {version('ramlab')}")
        return 0
    family = [name for name in COMMANDS if name.startswith(f"{words[0]} ")]
    if family and (len(words) == 1 or words[1] in ("-h", "--help")):
        print("\n".join([f"Usage: ramlab {words[0]} COMMAND ...", "", *map(_line, family)]))
        return 0
    count = 2 if family else 1
    name = " ".join(words[:count])
    if name not in COMMANDS:
        from ramlab.tables import nearest

        raise UsageError(f"no command {name!r}", hint=f"{nearest(name, COMMANDS)}all commands: ramlab --help")
    command = COMMANDS[name]
    ours, rest = _split(words[count:]) if command.rest else (words[count:], [])
    arguments = vars(_parser(name, command).parse_args(ours))
    if command.rest:
        arguments[command.rest] = rest
    module, _, function = command.function.partition(":")
    run: Callable[..., int] = getattr(import_module(module), function)
    return run(**arguments)


def _split(words: list[str]) -> tuple[list[str], list[str]]:
    """Our words (LAB and the options around it) and those that are passed on: after `--`, or after LAB."""
    ours: list[str] = []
    lab = False
    left = list(words)
    while left:
        word = left[0]
        if word == "--":
            return ours, left[1:]
        if word in ("--student", "--machine"):
            ours += left[:2]
            left = left[2:]
        elif (word in ("-h", "--help") and not lab) or word.startswith(("--student=", "--machine=")):
            ours.append(left.pop(0))
        elif lab:
            return ours, left
        else:
            lab = not word.startswith("-")
            ours.append(left.pop(0))
    return ours, []


class _Parser(argparse.ArgumentParser):
    """An ArgumentParser that raises instead of exiting."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, hint=self.format_usage().removeprefix("usage: ").strip())


def _parser(name: str, command: Command) -> argparse.ArgumentParser:
    usage = None
    if command.rest:
        usage = f"ramlab {name} [--student ID] LAB [--] {'CMD...' if name == 'exec' else 'ARG...'}"
    summary = command.summary[:1].upper() + command.summary[1:]
    parser = _Parser(prog=f"ramlab {name}", usage=usage, description=f"{summary}.", allow_abbrev=False)
    for names, settings in command.arguments:
        parser.add_argument(*names, **settings)  # type: ignore[arg-type]
    return parser


def _help() -> str:
    lines = [
        "Usage: ramlab COMMAND ...",
        "",
        "Labs about Linux memory management, each on a fresh kernel of your own.",
    ]
    for title, commands in GROUPS.items():
        lines += [
            "",
            f"{title}:",
            *map(_line, commands),
        ]
    return "\n".join([*lines, "", "LAB is 05_oom, 05 or oom; 08.old: its machine `old`. More: ramlab COMMAND --help"])


def _line(name: str) -> str:
    return f"  {_synopsis(name, COMMANDS[name]):<28}{COMMANDS[name].summary}"


def _synopsis(name: str, command: Command) -> str:
    words = [name]
    for names, settings in command.arguments:
        if not names[0].startswith("-"):
            metavar = str(settings["metavar"])
            words.append(f"[{metavar}]" if settings.get("nargs") == "?" else metavar)
    if command.rest:
        words.append({"exec": "-- CMD...", "check": "[PYTEST-ARG...]"}.get(name, "[ARG...]"))
    return " ".join(words)


def _our_fault(error: Exception, words: list[str]) -> int:
    from containers import paths

    log = paths.state() / "logs" / "ramlab.log"
    try:
        log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        log.write_text(f"ramlab {' '.join(words)}\n\n{''.join(traceback.format_exception(error))}")
        where = f"the details are in {log}; please report it with them"
    except OSError:
        where = "please report it"
    complain(f"this is our fault, not yours: {type(error).__name__}: {error}", where)
    return 4


if __name__ == "__main__":
    sys.exit(main())
