#!/usr/bin/python3 -IS
"""Drives the museum's services of lab 13. Standard library only.

workload week    a week of visitors in some seconds: do names that nobody has stay in memory, and who pays?
workload night   the machine starts anew, a volume is added, and then memory is wanted: does the index stay?

Exit status: 0 as it should be; 20 not so, and the last line says why; anything else is no result.
"""

import os
import socket
import sys

from ramlab.boots import applied, files_of_a_boot
from ramlab.kit import MIB, PATIENCE, ROOT, RefusedError, number, play, polling, read, say, write

CERTS, INDEX = os.environ.get("CERTS", ""), os.environ.get("INDEX", "")
PARTS, ROUNDS = 10, 20  # the week: so many parts of so many rounds
MOST_NEW = 16000  # negative dentries that may be new at any time of the week
FILES = 1000  # in a volume
KEPT = 0.9  # of them
TAKEN = 16 * MIB  # from the index, twice a night
PRESSURE = "/proc/sys/vm/vfs_cache_pressure"


def ask(name, request):
    """Send a request; give who answers and what, or (0, "") when nobody does."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(PATIENCE)
            connection.connect(f"{ROOT}/run/{name}.sock")
            connection.sendall(request.encode() + b"\n")
            said = connection.makefile().readline()
            owner = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    except OSError:
        return 0, ""
    return (int.from_bytes(owner[:4], sys.byteorder), said.strip()) if said.endswith("\n") else (0, "")


def switched_off(name):
    """Tell whether runit was told to keep a service down: byte 17 of its status, see runsv's source."""
    try:
        with open(f"{ROOT}/etc/sv/{name}/supervise/status", "rb") as file:
            return file.read()[17:18] == b"d"
    except OSError:
        return False


def must_answer(name, request):
    """Ask, and be patient: it may be about to start. If runit keeps it down, only somebody else could do that."""
    for _ in polling(2 if switched_off(name) else 60):
        pid, said = ask(name, request)
        if said:
            return pid, said
    raise RefusedError(
        f"nobody who answers '{request.split()[0]}' on /run/{name}.sock",
        f"{name}, kept up by its supervisor, at work",
        f"look with `sv status {name}`, in /var/log/{name}.log, and in dmesg",
    )


def dentries():
    """Give how many names the kernel remembers that are there, and how many that are not."""
    total, _, _, _, negative, _ = map(int, read("/proc/sys/fs/dentry-state").split())
    return total - negative, negative


def week():
    name = f"visitor-{os.urandom(4).hex()}.pem"
    path = f"{ROOT}/var/lib/{CERTS}/store/{name}"
    try:
        write(path, f"{name} is welcome\n")
    except OSError as error:
        raise RefusedError(
            f"that no certificate can be laid into /var/lib/{CERTS}/store ({error.strerror})",
            "a store that can be written to",
            f"bring the folder back; {CERTS} looks there",
        ) from None
    new_volume()
    keeper, _ = must_answer(CERTS, "rounds 0")
    there, missing = dentries()
    say(f"READY {CERTS} (pid {keeper}); the kernel remembers {there} names that are there, and {missing} that are not")
    most = 0
    for _ in range(PARTS):
        who, _ = must_answer(CERTS, f"rounds {ROUNDS}")
        if who != keeper:
            raise RefusedError(
                f"that {CERTS} (pid {keeper}) has ended in the midst of the week; now it is pid {who}",
                "that it works on: nothing was to be stopped",
                "see in dmesg whether its limit was too small for it",
            )
        most = max(most, dentries()[1] - missing)
    there_now, missing_now = dentries()
    served, museum = (must_answer(CERTS, f"get {one}")[1] for one in (name, "museum.pem"))
    if os.path.exists(path):
        os.unlink(path)
    say(f"WEEK {PARTS * ROUNDS} rounds; names that are not there: {missing_now}, and at most {most} more than before")
    say(f"names that are there: {there_now}")
    if served != f"{name} is welcome" or not museum.startswith("-----BEGIN CERTIFICATE"):
        raise RefusedError(
            f"that {CERTS} hands out {served!r} for the new certificate and {museum!r} for the museum's",
            "each certificate of its store, as it lies there",
            f"let it serve /var/lib/{CERTS}/store as it did",
        )
    if most > MOST_NEW:
        raise RefusedError(
            f"{most} more negative dentries than before the week",
            f"at most {MOST_NEW} more, at any time",
            f"have {CERTS} not ask, or have less room for what its cgroup is charged with",
        )
    if there - there_now > FILES * (1 - KEPT):
        raise RefusedError(
            f"that {there - there_now} names of files that are there were forgotten during the week",
            "that nobody else pays: what the index needs stays in memory",
            "find something that touches only what is too much; drop_caches is for the whole machine",
        )
    say("VERDICT few are new, the certificates are handed out, and nobody else pays")


def new_volume():
    """Have the index add a volume. Give its pid, and how many names of files that are there are remembered then."""
    before, _ = dentries()
    pid, said = must_answer(INDEX, "new")
    there, _ = dentries()
    if there - before < FILES * KEPT:
        raise RefusedError(
            f"{there - before} more names remembered when {INDEX} (pid {pid}) has added one ({said})",
            f"that it looks at all {FILES} files of a new volume, and that they find room",
            f"let it run as it did, /usr/local/sbin/{INDEX}; is there a limit on its cgroup?",
        )
    return pid, there


def read_scans(group):
    """Have the index read the library's scans. Give how much page cache it has then, bytes."""
    try:
        scans = os.open(f"{ROOT}/srv/library/scans", os.O_RDONLY)
    except OSError as error:
        raise RefusedError(
            f"no /srv/library/scans that can be read ({error.strerror})",
            "the library's files, as they were",
            f"sv restart {INDEX}: it makes the file where there is none",
        ) from None
    os.posix_fadvise(scans, 0, 0, os.POSIX_FADV_DONTNEED)  # somebody else may have read them, and be charged for them
    os.close(scans)
    must_answer(INDEX, "read")
    cached = number(f"{group}/memory.stat", "file")
    if cached < TAKEN:
        raise RefusedError(
            f"{cached >> 10} kB of page cache in {group} when {INDEX} has read the scans",
            f"all of them, {TAKEN >> 10} kB and more: what is wanted in the night is there to be taken",
            f"let it run as it did, in a cgroup that has room for that; sv restart {INDEX}",
        )
    return cached


def squeezed(pid):
    """Give the cgroup of a process."""
    path = read(f"/proc/{pid}/cgroup").rpartition("::")[2]
    if path in ("", "/"):
        raise RefusedError(
            f"{INDEX} (pid {pid}) in the root cgroup",
            "that it lives in a cgroup of its own, as it did",
            f"look at /etc/sv/{INDEX}/run; sv restart {INDEX}",
        )
    return f"/sys/fs/cgroup{path}"


def night():
    applied(files_of_a_boot())  # whatever is written down counts, and not what was only set
    pressure = int(read(PRESSURE))
    pid, there = new_volume()
    group = squeezed(pid)
    say(
        f"READY vm.vfs_cache_pressure is {pressure}; {INDEX} (pid {pid}) has a new volume; {there} names are remembered"
    )
    for _ in range(2):
        cached = read_scans(group)
        try:
            write(f"{group}/memory.reclaim", str(TAKEN))
        except BlockingIOError:  # EAGAIN: not all that was asked for could be had
            pass
        except OSError as error:
            sys.exit(f"memory.reclaim of {group}: {error.strerror}")
        left = number(f"{group}/memory.stat", "file")
        say(f"{TAKEN >> 10} kB wanted from {INDEX}: its page cache went from {cached >> 10} to {left >> 10} kB")
    now, _ = dentries()
    say(f"NIGHT {now} names of files that are there are still remembered")
    if there - now > FILES * (1 - KEPT):
        raise RefusedError(
            f"that {there - now} names of files were forgotten, with vm.vfs_cache_pressure = {pressure} in the night",
            f"at most {FILES - int(FILES * KEPT)}: that the index stays, and page cache goes",
            "see man proc_sys_vm, vfs_cache_pressure; and who sets it when the machine starts",
        )
    say("VERDICT page cache went, and the index has stayed")


ROLES = {"week": week, "night": night}

play(ROLES, __doc__)
