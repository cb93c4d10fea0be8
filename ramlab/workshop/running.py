"""`ramlab workshop up | status | down`."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

from containers import locks, paths
from containers.errors import HostCannot, MachineError, UsageError
from ramlab import records
from ramlab.progress import Steps
from ramlab.workshop import ending, fits, hub, proxying, spawners, warming
from ramlab.workshop.processes import Process, become_subreaper, end, reap
from ramlab.workshop.terms import FILE, Terms, moment
from ramlab.workshop.workers import MARK as OURS
from ramlab.workshop.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ramlab.catalogue import Lab
    from ramlab.workshop.processes import Worker

LOOPBACK = ("127.0.0.1", "::1", "localhost")
PROCESSES = "processes.json"
_TICK = 0.2
_NAME = "workshop"


def folder_of(name: str) -> Path:
    """Where the workshop called `name` keeps what it has."""
    if not name.replace("-", "").replace("_", "").isalnum():
        raise UsageError(f"{name!r} is no name for a workshop", hint="legal: letters, digits, - and _")
    return paths.state() / "workshops" / name


def up(*, config: str, name: str, seats: int, port: int, demo: bool) -> int:
    """Start it, or take it back where it was left, and stay until Ctrl-C or `ramlab workshop down`."""
    terms = _terms(config, seats, port, demo)
    _need_packages(terms)
    folder = folder_of(name)
    with _alone(folder, name, terms):
        end(_left_over(folder))  # of an `up` that was killed; the seats stay
        with Steps("workshop up") as progress:
            _refuse_what_cannot_be(terms)
            if terms.place == "process":
                fits.look([lab.shape.memory for lab in _labs(terms)]).refuse(terms.seats)
            proxy = [proxying.node(), str(proxying.program(progress))]
            if terms.place == "process":
                _make_templates(terms, progress)
            inside = spawners.inside(terms)
            ports = _ports(folder, inside)
            secrets = hub.Secrets.of(folder, terms)
            terms.keep(folder)
            (folder / hub.CONFIGURATION).write_text(hub.configuration(terms, folder, ports, inside), encoding="utf-8")
            spawners.state_home(folder).mkdir(mode=0o700, exist_ok=True)
            workers = Workers(terms, folder, ports, secrets, inside, proxy)
            become_subreaper()
            try:
                _start(workers, folder, progress)
            except BaseException:
                end(worker.process for worker in workers.every if worker.process)
                raise
        _say(terms, secrets, name)
        return _stay(workers, _warmer(terms, folder), folder, terms, name)


def status(*, name: str) -> int:
    """What runs, who sits where."""
    folder = ending.existing(folder_of(name))
    terms = Terms.of(folder)
    print(f"{terms.title}: {terms.address}/   labs: {' '.join(terms.labs)}")
    if terms.expires is not None:
        print(f"open until {moment(terms.expires)}{', which is over' if time.time() >= terms.expires else ''}")
    known = records.read(folder / PROCESSES)
    running = {one: Process(**known[one]).alive for one in known}
    if not running.get("up"):
        print("It is not running.  next: ramlab workshop up takes it back; ramlab workshop down ends it")
        return 1
    print("   ".join(f"{one}: {'up' if alive else 'DOWN'}" for one, alive in running.items() if one != "up"))
    if terms.warm_machines:
        print(f"machines that are up and wait for their participants: {warming.free_in(spawners.state_of(folder))}")
    api = ending.api_of(folder, terms)
    if api is None or not api.answers("/"):
        print("The hub does not answer; it is started again by itself.")
        return 1
    users = api.users()
    taken = [user["name"] for user in users if user.get("servers")]
    print(f"seats: {len(taken)} of {terms.seats} taken, {len(users)} names known")
    for one in sorted(taken):
        print(f"  {one:<27}{terms.address}/user/{one}/")
    return 0


def down(*, name: str, out: str) -> int:
    """End all of it; what remains is the export."""
    return ending.down(folder_of(name), name, out)


# ---------------------------------------------------------------- before the start


def _need_packages(terms: Terms) -> None:
    wanted = {"jupyterhub": "workshop", "nativeauthenticator": "workshop", "starlette": "workshop"}
    wanted |= {"docker": {"dockerspawner": "workshop-docker"}, "kubernetes": {"kubespawner": "workshop-kube"}}.get(
        terms.place, {}
    )
    missing = {name: extra for name, extra in wanted.items() if not find_spec(name)}
    if missing:
        extras = ",".join(sorted(set(missing.values())))
        raise HostCannot(
            f"Python packages are not installed that this workshop needs: {', '.join(missing)}",
            hint=f"type: pip install 'ramlab[{extras}]'     (in a checkout: .venv/bin/pip install -e '.[{extras}]')",
        )


def _terms(config: str, seats: int, port: int, demo: bool) -> Terms:
    terms = Terms.find(config)
    if seats:
        terms = replace(terms, seats=seats)
    if port:
        terms = replace(terms, port=port)
    if demo:
        if terms.host not in LOOPBACK:
            raise UsageError(
                f"in a demo everybody may be anybody, and {terms.host} is open to others",
                hint='leave --demo away, or set address.host = "127.0.0.1"',
            )
        terms = replace(terms, way_in="demo")
    terms = terms.checked("the command line")
    terms.refuse_expired(time.time())
    if terms.machine == "docker":
        print(
            "Warning: machines of the kind docker are privileged containers. Whoever is root in one shares the kernel\n"
            "of this computer, and can harm it and all other participants. Let nobody in whom you do not trust.",
            file=sys.stderr,
        )
    return terms


def _refuse_what_cannot_be(terms: Terms) -> None:
    family = socket.AF_INET6 if ":" in terms.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((terms.host, terms.port))
        except OSError as error:
            raise HostCannot(
                f"port {terms.port} of {terms.host} cannot be had: {error.strerror}",
                hint=f"take another: ramlab workshop up --port {terms.port + 1}",
            ) from None


def _labs(terms: Terms) -> list[Lab]:
    from ramlab import catalogue

    return [catalogue.load(lab) for lab in terms.labs]


def _make_templates(terms: Terms, progress: Steps) -> None:
    """Now, and not while the first participants wait."""
    if terms.machine == "vm":
        from containers import templates

        for lab in _labs(terms):
            templates.ensure(lab.shape, progress)


def _ports(folder: Path, inside: str) -> hub.Ports:
    """Those of last time, at which seats that still run look for hub and board; else free ones."""
    known = hub.kept_ports(folder)
    if known is None:
        with socket.socket() as one, socket.socket() as two, socket.socket() as three:
            one.bind((inside, 0))
            two.bind(("127.0.0.1", 0))
            three.bind((inside, 0))
            known = hub.Ports(hub=one.getsockname()[1], proxy=two.getsockname()[1], board=three.getsockname()[1])
        hub.keep_ports(folder, known)
    return known


@contextmanager
def _alone(folder: Path, name: str, terms: Terms) -> Iterator[None]:
    """Be the only `up` of this workshop."""
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    lock = folder / "up.lock"
    if locks.held(lock):
        raise UsageError(
            f"the workshop {name!r} runs already: {terms.address}/",
            hint="ramlab workshop status, ramlab workshop down; another one beside it: --name and --port",
        )
    with locks.exclusive(lock):
        try:
            yield
        finally:
            if not (folder / FILE).exists():  # it was never begun
                shutil.rmtree(folder)


def _left_over(folder: Path) -> list[Process]:
    known = records.read(folder / PROCESSES)
    return [Process(**one) for name, one in known.items() if name != "up"]


# ---------------------------------------------------------------- while it runs


def _start(workers: Workers, folder: Path, progress: Steps) -> None:
    for worker in workers.every:
        progress(f"starting the {worker.name}")
        worker.start()
        _note(workers, folder)
        deadline = time.monotonic() + 120
        while not workers.well(worker):
            if not worker.alive or time.monotonic() > deadline:
                said = worker.log.read_text(errors="replace").strip().splitlines()[-8:]
                raise MachineError(
                    f"the workshop's {worker.name} did not start:\n" + "\n".join(said),
                    hint=f"all that it said: {worker.log}",
                )
            time.sleep(0.1)
    workers.api.ask("/proxy", "POST")


def _note(workers: Workers, folder: Path) -> None:
    own = Process.of(os.getpid())
    known = {"up": own, **{worker.name: worker.process for worker in workers.every}}
    records.write(
        folder / PROCESSES, {name: {"pid": one.pid, "began": one.began} for name, one in known.items() if one}
    )


def _say(terms: Terms, secrets: hub.Secrets, name: str) -> None:
    again = "" if name == _NAME else f" --name {name}"
    print(f"{terms.title}: {terms.seats} seats are free.")
    print(f"  for participants:  {terms.address}/")
    if terms.way_in == "code":
        print(f"  class code:        {secrets.code}")
    if terms.way_in == "demo":
        print("  any name gets in, without a password: a demo, for this computer alone")
    if terms.way_in == "approval":
        print(f"  whom you let in:   {terms.address}/hub/authorize")
    print(f"  for instructors:   {terms.address}/services/board/")
    if terms.way_in != "oauth":
        for one, password in secrets.instructors.items():
            print(f"                     {one}, password {password}")
    if terms.expires is not None:
        print(f"  open until:        {moment(terms.expires)}")
    if not terms.tls_key and terms.host not in LOOPBACK and not terms.url.startswith("https:"):
        print("  Passwords cross the network in the clear: set address.tls_key and address.tls_certificate.")
    print(f"Ctrl-C ends hub and proxy and leaves the seats; to end everything: ramlab workshop down{again}", flush=True)


def _warmer(terms: Terms, folder: Path) -> warming.Warmer:
    kept = {name: os.environ[name] for name in spawners.ENV_KEEP if name in os.environ}
    own = {**spawners.here(folder), OURS: str(folder), "RAMLAB_IDLE_MINUTES": str(terms.idle_minutes)}
    return warming.Warmer(terms.labs[0], terms.warm_machines, terms.seats, {**kept, **own}, spawners.state_of(folder))


def _stay(workers: Workers, warmer: warming.Warmer, folder: Path, terms: Terms, name: str) -> int:
    """Start again whatever ends, and make machines for those who will come, until somebody wants the end."""
    over = False
    try:
        while True:
            time.sleep(_TICK)
            reap([warmer.pid, *(worker.pid for worker in workers.every)])
            for worker in workers.every:
                if not worker.alive:
                    _again(worker, workers, folder)
            if not over and (words := warmer.step()):
                print(f"{time.strftime('%H:%M:%S')} {words}", flush=True)
            if terms.expires is not None and time.time() >= terms.expires and not over:
                over = True
                warmer.end()
                print("The workshop is over: no seat opens any more. Next: ramlab workshop down", flush=True)
    except KeyboardInterrupt:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C shall not leave half of them
        warmer.end()
        end(worker.process for worker in workers.every if worker.process)
        (folder / PROCESSES).unlink(missing_ok=True)
        if not (folder / ending.MARK).exists():
            again = "" if name == _NAME else f" --name {name}"
            print(
                f"\nHub, proxy and board have ended; the seats wait. Back: ramlab workshop up{again}; "
                f"the end: ramlab workshop down{again}"
            )
        return 0


def _again(worker: Worker, workers: Workers, folder: Path) -> None:
    if not worker.is_due(time.monotonic()):
        return
    print(
        f"{time.strftime('%H:%M:%S')} the {worker.name} had ended; it is started again. Log: {worker.log}", flush=True
    )
    worker.start()
    _note(workers, folder)
    if worker.name == "proxy":
        with suppress(TimeoutError):
            _routes_again(workers, worker)


def _routes_again(workers: Workers, worker: Worker) -> None:
    """A proxy begins with none; the hub has them all."""
    deadline = time.monotonic() + 5
    while worker.alive and not workers.well(worker):
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.1)
    workers.api.ask("/proxy", "POST", seconds=5)
