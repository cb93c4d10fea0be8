"""The words that a lab begins with: on the learner's terminal and as /etc/motd in the machine."""

import textwrap

from ramlab.catalogue import Lab, Task

WIDTH = 80
SHARED = "/usr/local/share/ramlab"
"""Where the learner finds the lab's own files in the machine."""


def motd(lab: Lab) -> str:
    """What `tasks` and a login show in the machine."""
    return f"""
{heading(lab)}

{tasks(lab)}

 Here                                     On your own computer
   answer NAME VALUE   hand in a finding    ramlab check {lab.number}   what is done
   workload [ARG...]   the lab's load       ramlab hint {lab.number}    a hint, in steps
   tasks               this list again      ramlab shell {lab.typed}   another terminal
   less {SHARED}/README.md   ramlab reset {lab.typed}   begin anew

"""


def briefing(lab: Lab) -> str:
    """What `ramlab start --no-shell` says: the tasks, and what to type."""
    return f"""
{heading(lab)}

{tasks(lab)}

   ramlab shell {lab.typed}   a terminal in the machine      ramlab check {lab.number}   what is done so far
   ramlab hint {lab.number}    a hint, in steps               ramlab reset {lab.typed}   begin anew
"""


def heading(lab: Lab) -> str:
    """Number, title, and what kind of lab it is."""
    return f" {lab.name}: {lab.title}  ({lab.level}, about {lab.minutes} minutes)"


def tasks(lab: Lab) -> str:
    """The numbered tasks: the sentence that has to become true, its kind and its points."""
    return "\n".join(sentence(f"{task.number:>3}. ", task.sentence, worth(lab, task)) for task in lab.tasks)


def worth(lab: Lab, task: Task) -> str:
    """`set up, 2 points`; where the task is about another machine of the lab, that comes first."""
    where = f"on {lab.number}.{task.machine}, " if task.machine else ""
    return f"{where}{task.kind}, {points(task.points)}"


def points(count: int) -> str:
    """`1 point`, `2 points`."""
    return f"{count} point{'' if count == 1 else 's'}"


def sentence(start: str, text: str, end: str, width: int = WIDTH) -> str:
    """A line that begins with `start`, wraps `text` under itself and has `end` flush right on its last line."""
    room = width - len(start)
    lines = textwrap.wrap(text, room - 1, break_on_hyphens=False) or [""]
    if len(lines[-1]) + len(end) + 2 > room:
        lines.append("")
    lines[-1] = lines[-1].ljust(room - len(end) - 1) + end
    return "\n".join((start if index == 0 else " " * len(start)) + line for index, line in enumerate(lines))
