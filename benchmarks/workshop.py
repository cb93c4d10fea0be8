"""A workshop with all its seats taken, on loopback. Writes guide/results/workshop.md, or workshop-cold.md.

usage: python benchmarks/workshop.py [--seats N] [--cold] [--quick]

Participants are programs on the same computer, so what they take is in the figures. Nobody else should be at work.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from participant import Begun, Lost, Participant, Terminal, together
from seats import LAB, THRASH, Workshop, cpu, pss

ROOT = Path(__file__).resolve().parent.parent
CHECK = "test_the_victim_is_named"
TOGETHER = 10
ECHOES, FLIPS = 20, 5
LINES = 100_000
"""Of 100 bytes each: some seconds of output, as what is asked for is to last."""
THRASHING = 5
"""One seat in so many."""
SETTLE = 10.0
"""Seconds in which a room comes to rest before something is measured in it."""


@dataclass
class Figures:
    """All that was measured; seconds, where nothing else is said."""

    seats: int
    up: float = 0.0
    warm: float | None = None
    """From the link until a machine was up for each seat; None where they are made when their participants come."""
    down: float = 0.0
    left: list[str] = field(default_factory=list)
    alone: list[Begun] = field(default_factory=list)
    ten: list[Begun] = field(default_factory=list)
    rest: list[Begun] = field(default_factory=list)
    all_up: float = 0.0
    """From the last log-in to the last prompt."""
    memory: list[float] = field(default_factory=list)
    """MB of each seat."""
    parts: dict[str, list[float]] = field(default_factory=dict)
    """The same by what takes it."""
    own: float = 0.0
    """MB of what all seats share."""
    idle: list[float] = field(default_factory=list)
    """CPUs that each machine takes at rest, with a page that shows its memory."""
    echo: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    """MB/s."""
    bare_echo: list[float] = field(default_factory=list)
    bare_rates: list[float] = field(default_factory=list)
    """The same machines, `ramlab shell` in a terminal, no workshop between."""
    flips: list[float] = field(default_factory=list)
    """From the state's change to the check's result on the page."""
    back: dict[str, float] = field(default_factory=dict)
    """Of what was killed: until it was back."""
    kept: dict[str, str] = field(default_factory=dict)
    """Of what was killed: what was still there."""
    thrashing: list[float] = field(default_factory=list)
    """CPUs that each machine that thrashes took."""
    others: list[float] = field(default_factory=list)
    """Echo at the other seats meanwhile."""
    stalled: int = 0
    """Seats whose page said that the machine is stalled."""


def main() -> int:
    """Measure, print the page and keep it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seats", type=int, default=30)
    parser.add_argument("--cold", action="store_true", help="machines are made when their participants come")
    parser.add_argument("--quick", action="store_true", help="less of all, and nothing is written")
    words = parser.parse_args()

    from page import host, load
    from workshop_page import page

    from containers import templates
    from containers.machine import silent
    from ramlab import catalogue

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    template = templates.ensure(catalogue.load(LAB, "bench").shape, silent)
    before = load()
    figures = Figures(seats=words.seats)
    try:
        with Workshop(words.seats, warm=not words.cold) as workshop:
            figures.up, figures.warm = workshop.up_seconds, None if words.cold else workshop.warm_seconds
            try:
                asyncio.run(_measure(workshop, figures, quick=words.quick))
            except (Lost, aiohttp.ClientError, RuntimeError):
                print(workshop.log.read_text()[-2000:], file=sys.stderr)
                print((workshop.home / "logs" / "hub.log").read_text()[-3000:], file=sys.stderr)
                raise
            about = host(template, (before, load()))
            print(workshop.down(), file=sys.stderr)
            figures.down, figures.left = workshop.down_seconds, workshop.left
    except (Lost, aiohttp.ClientError, RuntimeError) as error:
        print(f"benchmark: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    text = page(figures, about)
    print(text)
    if not words.quick:
        name = "workshop-cold.md" if words.cold else "workshop.md"
        (ROOT / "guide" / "results" / name).write_text(text)
    return 0


async def _measure(workshop: Workshop, figures: Figures, *, quick: bool) -> None:
    names = [f"seat{number:02}" for number in range(workshop.seats)]
    async with together(workshop.url, names) as people:
        await _log_in(people, figures)
        await asyncio.sleep(SETTLE)
        _say("at rest")
        figures.idle = await _taken([workshop.machine(name) for name in names], 2 * SETTLE)
        by_seat = workshop.of_seats()
        figures.memory = [pss(by_seat[name]) for name in names]
        for name in names:
            for pid in by_seat[name]:
                figures.parts.setdefault(workshop.what(pid), []).append(pss([pid]))
        figures.own = pss(by_seat[""])
        _say("echo")
        first = [one.terminals[0] for one in people]
        figures.echo = await _echoes(first)
        _say("throughput")
        lines, times = (LINES // 100, 1) if quick else (LINES, 3)
        figures.rates = [await _rate(first[0], lines) for _ in range(times)]
        _say("the same without the workshop")
        await asyncio.to_thread(_bare, workshop, names, figures, lines, times)
        _say("checks")
        figures.flips = await _flips(people[0], 1 if quick else FLIPS)
        await _kill_all(workshop, people, figures)
        await _thrash(workshop, people, figures)


async def _log_in(people: list[Participant], figures: Figures) -> None:
    _say("one alone")
    figures.alone = [await people[0].begin()]
    _say("ten together")
    figures.ten = await asyncio.gather(*(one.begin() for one in people[1 : 1 + TOGETHER]))
    _say("the others together")
    figures.rest = await asyncio.gather(*(one.begin() for one in people[1 + TOGETHER :]))
    everybody = [*figures.alone, *figures.ten, *figures.rest]
    figures.all_up = max(its.prompt for its in everybody) - max(its.pressed for its in everybody)


async def _echoes(terminals: list[Terminal]) -> list[float]:
    """Of one after the other, as people type."""
    found = []
    for terminal in terminals:
        for _ in range(ECHOES):
            found.append(await terminal.echo())
            await asyncio.sleep(0.02)
        await terminal.type("\x7f" * ECHOES)  # not Ctrl-U: what ends a line has the machine looked at
    return found


def _bare(workshop: Workshop, names: list[str], figures: Figures, lines: int, times: int) -> None:
    for name in names:
        shell = workshop.shell(name)
        for _ in range(ECHOES):
            figures.bare_echo.append(shell.echo())
            time.sleep(0.02)
        if name == names[0]:
            figures.bare_rates = [shell.rate(lines) for _ in range(times)]
        shell.close()


async def _rate(terminal: Terminal, lines: int) -> float:
    await terminal.type("\x15")
    # Made before: what makes it must not be what is measured.
    await terminal.run(f"yes {'.' * 98} | head -n {lines} > /dev/shm/output")
    before, begun = terminal.count, time.perf_counter()
    ended = await terminal.run("cat /dev/shm/output")
    rate = (terminal.count - before) / 1e6 / (ended - begun)
    await terminal.run("rm /dev/shm/output")
    return rate


async def _flips(person: Participant, times: int) -> list[float]:
    """A task is made right and wrong again; each time, until its page says so."""
    terminal = person.terminals[0]
    report = "/var/log/kern.log"
    await terminal.run(
        f"k=$(grep -m1 'Killed process' {report}); n=$(echo \"$k\" | sed 's/.*(\\(.*\\)) total-vm.*/\\1/'); "
        'answer killed_kb "$(echo "$k" | sed \'s/.*anon-rss:\\([0-9]*\\)kB.*/\\1/\')"; '
        f"answer killed_in \"$(grep -m1 oom-kill: {report} | sed 's/.*oom_memcg=\\([^,]*\\).*/\\1/')\""
    )
    found = []
    for number in range(2 * times):
        right = number % 2 == 0
        wanted = "passed" if right else "failed"
        changed = await terminal.run(f"answer killed {'$n' if right else 'nobody'} > /dev/null")
        told = await person.until(lambda state, wanted=wanted: _task(state)["outcome"] == wanted)
        found.append(max(0.0, told - changed))
        await asyncio.sleep(2)
    return found


def _task(state: dict) -> dict:
    return next(task for task in state["tasks"] if task["check"] == CHECK)


# -- what is killed --------------------------------------------------------------------------------------------------


async def _kill_all(workshop: Workshop, people: list[Participant], figures: Figures) -> None:
    instructor = Participant(workshop.url, "instructor")
    async with instructor:
        await instructor.log_in(workshop.password)
        board = f"{workshop.url}/services/board/"
        async with instructor.http.get(board) as page:
            await page.read()
        for name in ("hub", "proxy", "board"):
            _say(f"SIGKILL: {name}")
            before = await _room(instructor, board)
            begun = _kill(json.loads((workshop.home / "processes.json").read_text())[name]["pid"])
            cut = await _after(name, workshop, people, instructor, board)
            figures.back[name] = time.perf_counter() - begun
            after = await _room(instructor, board)
            same = sum(seat in after for seat in before)
            figures.kept[name] = (
                f"{same} of {len(before)} rows of the board, {len(people) - cut} of {len(people)} terminals uncut"
            )
            await asyncio.sleep(SETTLE)
    _say("SIGKILL: one seat")
    person = people[0]
    machine = person.state["machine"]["begun"]
    done = [task["check"] for task in person.state["tasks"] if task["outcome"] == "passed"]
    begun = _kill(workshop.seat(person.name))
    await person.terminals[0].cut()
    person.terminals.clear()
    await person.read()
    await (await person.again()).another_prompt()
    figures.back["one seat"] = time.perf_counter() - begun
    await person.until(lambda state: state["machine"]["state"] == "ready" and state["machine"]["begun"])
    same = person.state["machine"]["begun"] == machine
    now = [task["check"] for task in person.state["tasks"] if task["outcome"] == "passed"]
    figures.kept["one seat"] = (
        f"{'the same machine' if same else '**another machine**'}, {len(now)} of {len(done)} tasks done"
    )


def _kill(pid: int) -> float:
    os.kill(pid, signal.SIGKILL)
    return time.perf_counter()


async def _room(instructor: Participant, board: str) -> list[tuple]:
    async with instructor.http.get(f"{board}api/room", headers={"Accept": "application/json"}) as answer:
        room = await answer.json()
    return [(seat["student"], seat["lab"], json.dumps(seat["cells"])) for seat in room["seats"]]


async def _after(name: str, workshop: Workshop, people: list[Participant], instructor: Participant, board: str) -> int:
    """Wait until all is as it was; how many terminals were cut meanwhile."""
    where = {"hub": f"{workshop.url}/hub/health", "proxy": f"{workshop.url}/hub/health", "board": f"{board}api/room"}
    while True:
        try:
            async with instructor.http.get(where[name], timeout=aiohttp.ClientTimeout(total=5)) as answer:
                if answer.status == 200:
                    break
        except (aiohttp.ClientError, OSError, TimeoutError):
            pass
        await asyncio.sleep(0.05)
    return sum(await asyncio.gather(*map(_types_again, people)))


async def _types_again(person: Participant) -> bool:
    """Wait until somebody's keys come back, as all wait at the same time; whether the terminal had been cut."""
    cut = not person.terminals[0].open
    if cut:
        person.terminals.clear()
        await (await person.again()).another_prompt()
    await person.terminals[0].echo()
    await person.terminals[0].type("\x7f")
    return cut


# -- who thrashes ----------------------------------------------------------------------------------------------------


async def _thrash(workshop: Workshop, people: list[Participant], figures: Figures) -> None:
    those = people[::THRASHING]
    _say(f"{len(those)} machines thrash")
    for person in those:
        await person.terminals[0].type(f"{THRASH}\r")
    await asyncio.sleep(3 * SETTLE)
    machines = [workshop.machine(person.name) for person in those]
    others = [person.terminals[0] for person in people if person not in those]
    figures.thrashing, figures.others = await asyncio.gather(_taken(machines, SETTLE), _echoes(others))
    figures.stalled = sum(person.state["machine"]["state"] == "stalled" for person in those)


async def _taken(pids: list[int], seconds: float) -> list[float]:
    """How many CPUs each of these processes takes."""
    before, begun = [cpu(pid) for pid in pids], time.perf_counter()
    await asyncio.sleep(seconds)
    passed = time.perf_counter() - begun
    return [(cpu(pid) - had) / passed for pid, had in zip(pids, before, strict=True)]


def _say(what: str) -> None:
    print(f"  {time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
