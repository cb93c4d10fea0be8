"""`ramlab record`: a machine's memory at intervals while its workload runs, as JSON lines.

The first line is a header. Then samples (`"t"`: seconds since the machine's boot) and, at the end, the events.
"""

from __future__ import annotations

import json
import math
import re
import shlex
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from containers.errors import MachineError, UsageError
from ramlab import places, sessions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from containers.machine import Machine

SAMPLER = Path(__file__).parent / "sampler.sh"
PATIENCE = 60.0
"""Seconds that the sampler may take to end."""
_KILL = re.compile(r"^\[ *([0-9.]+)\] (.*Killed process (\d+) \((.*?)\).*?anon-rss:(\d+)kB.*)$")


def record(*, lab: str, student: str, seconds: float, interval: float, workload: str, out: str) -> int:
    """Record until the workload ends, the seconds are over, or Ctrl-C."""
    if interval < 0.1:  # noqa: PLR2004 -- ten a second is what the samples' own cost allows
        raise UsageError(f"--interval {interval:g} is too short", hint="0.1 s or more; the default is 1")
    machine = sessions.require(places.wanted(lab, student))
    path = Path(out or f"{machine.name.partition('@')[0]}.jsonl")
    kernel = machine.examiner.run("uname -r").stdout.strip()
    header = {"record": 1, "lab": machine.name.partition("@")[0], "kernel": kernel,
              "student": machine.name.partition("@")[2], "interval": interval, "workload": workload}  # fmt: skip
    print(f"recording {machine.name} into {path}" + ("" if seconds or workload else "; Ctrl-C ends it"))
    rows: list[dict[str, Any]] = []
    try:
        for sample in samples(machine, interval=interval, seconds=seconds, workload=workload):
            rows.append(sample)  # noqa: PERF402 -- what was taken before Ctrl-C stays
    except KeyboardInterrupt:
        pass
    if not rows:
        raise MachineError("not one sample came back", hint=f"see whether it answers: ramlab exec {lab} -- free -m")
    found = kills(rows, machine.examiner.run("dmesg").stdout)
    lines = [header, *rows, *found]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    print(f"{len(rows)} samples, {len(found)} kills. Next: ramlab plot {path}")
    return 0


def samples(machine: Machine, *, interval: float, seconds: float = 0, workload: str = "") -> Iterator[dict[str, Any]]:
    """Ask the sampler once an interval. It ends with us: it reads our requests from a pipe."""
    sampler = subprocess.Popen(
        machine.examiner.argv(SAMPLER.read_text()), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    assert sampler.stdin
    assert sampler.stdout
    job = None
    begun = time.monotonic()
    due = begun
    last = False
    try:
        while True:
            sampler.stdin.write("sample\n")
            sampler.stdin.flush()
            lines = []
            for line in sampler.stdout:
                if line == "end\n":
                    break
                lines.append(line)
            else:
                return  # the machine has ended
            yield parse(lines)
            if last:
                return
            if workload and job is None:
                command = f"workload {shlex.join(shlex.split(workload))}"
                job = subprocess.Popen(machine.learner.argv(command), stdin=subprocess.DEVNULL, start_new_session=True)
            due = max(due + interval, time.monotonic())
            time.sleep(max(0.0, due - time.monotonic()))
            over = bool(seconds) and time.monotonic() - begun >= seconds
            last = over or (job is not None and job.poll() is not None)
    except BrokenPipeError:
        return
    finally:
        sampler.stdin.close()
        for process in (sampler, job):
            if process:
                try:
                    process.wait(PATIENCE if process is sampler else 0.1)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def parse(lines: Iterable[str]) -> dict[str, Any]:
    """One sample from what the sampler printed. Sizes in kB; counters since boot.

    Events of cgroups are only in each tenth sample, and in the one after a kill.
    """
    sample: dict[str, Any] = {"t": 0.0, "meminfo": {}, "vmstat": {}, "swaps": [], "psi": {}, "cgroups": {}}
    for line in lines:
        word, *rest = line.split()
        if word == "uptime":
            sample["t"] = float(rest[0])
        elif word == "meminfo":
            sample["meminfo"][rest[0].rstrip(":")] = int(rest[1])
        elif word == "vmstat":
            sample["vmstat"][rest[0]] = int(rest[1])
        elif word == "swaps":
            sample["swaps"].append({"name": rest[0], "size": int(rest[2]), "used": int(rest[3])})
        elif word == "psi":
            values = dict(item.split("=") for item in rest[1:])
            sample["psi"][rest[0]] = {"avg10": float(values["avg10"]), "total": int(values["total"])}
        elif word == "cgroup":
            # A cgroup's name may have spaces in it; the only one of a container has none.
            name, value = line.rstrip("\n").removeprefix("cgroup ").rsplit(" ", 1)
            sample["cgroups"].setdefault(name, {})["current"] = int(value) // 1024
        elif word == "events":
            name, key, count = line.rstrip("\n").removeprefix("events ").rsplit(" ", 2)
            sample["cgroups"].setdefault(name, {})[key] = int(count)
    return sample


def kills(rows: list[dict[str, Any]], log: str) -> list[dict[str, Any]]:
    """The OOM kills while it was recorded: the kernel log names them. Those it lacks are seen by the counter."""
    begun, ended = rows[0]["t"], rows[-1]["t"]
    found: list[dict[str, Any]] = []
    for line in log.splitlines():
        match = _KILL.match(line)
        if match and begun <= float(match[1]) <= ended:
            found.append({"event": "kill", "t": float(match[1]), "pid": int(match[3]), "name": match[4],
                          "anon_rss": int(match[5]), "line": match[2]})  # fmt: skip
    named = [one["t"] for one in found]
    lacking = 0
    # In a machine that stalls, seconds pass within a sample: its counter may be younger than its time, up to the next.
    for row, following in zip(rows, [*rows[1:], {"t": math.inf}], strict=True):
        counted = row["vmstat"].get("oom_kill", 0) - rows[0]["vmstat"].get("oom_kill", 0)
        missing = counted - sum(at <= following["t"] for at in named) - lacking
        if missing > 0:
            found.append({"event": "kill", "t": row["t"], "name": "", "count": missing})
            lacking += missing
    return sorted(found, key=lambda one: float(one["t"]))
