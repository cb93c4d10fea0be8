#!/usr/bin/python3 -IS
"""Drives the machine of lab 03. Standard library only.

workload press    run the night's job: it may have 8 MiB of RAM and holds 32
workload boot     do to swap what a boot does: each area off, then `swapon -a` by /etc/fstab
workload night    have the services swapped out again, as they are when nobody asks them anything

Exit status: 0 as it should be; 20 not so, and the last line says why; anything else is no result.
"""

import errno
import mmap
import os
import select
import sys
import time

from ramlab.kit import MIB, PATIENCE, ROOT, SIGKILL, RefusedError, number, play, polling, read, say, write

CGROUPS = "/sys/fs/cgroup"
JOB_MIB, RAM_MIB = 32, 8
NIGHT = {"SERVICE_1": 16, "SERVICE_2": 8, "SERVICE_3": 23}  # MiB in swap by service, as the stage was set
PREFER, PRIORITIES = 0x8000, 0x7FFF  # swapon(2): SWAP_FLAG_PREFER, SWAP_FLAG_PRIO_MASK
LETTERS = bytes((at * at * 73 + (at >> 3) * 17) % 251 for at in range(1024))  # a quarter of a page
KILLED = "it was killed: memory ran out, though there was room in swap. Is it forbidden to somebody (memory.swap.max)?"


def swaps_now():
    return read("/proc/swaps")


def rows():
    """Give the lines of /proc/swaps by path, in the kernel's order."""
    return {unescaped(line.split()[0]): line for line in swaps_now().splitlines()[1:]}


def active():
    """Give the active swap areas in the kernel's order: path -> (kB, used kB, priority)."""
    return {path: tuple(int(word) for word in row.split()[2:]) for path, row in rows().items()}


def unescaped(path):
    r"""Give a path as it is; the kernel writes a space as \040."""
    return os.fsdecode(os.fsencode(path).decode("unicode_escape").encode("latin-1"))


# -- press -----------------------------------------------------------------------------------------------


def block(index):
    """Give a MiB that no other is like, whose pages compress to a quarter, and none of them to nothing."""
    return (LETTERS[index:] + LETTERS[:index]) * 1024


def make_room(group):
    """Have the kernel swap out until a MiB fits, and wait for a slow disk: where all is on its way there, it kills."""
    for _ in polling(PATIENCE):
        if int(read(f"{group}/memory.current")) <= (RAM_MIB - 2) * MIB:
            break
        try:
            write(f"{group}/memory.reclaim", "1M")
        except OSError:  # EAGAIN: not all of it
            # With swap all but full this very loop has pages of its own read back, and written once more: for ever.
            full = number("/proc/meminfo", "SwapFree") < MIB // 1024
            if full or not number(f"{group}/memory.stat", "file_writeback"):
                break  # nor will there ever be more


def job(group, order, reply):
    """Be the job: take all of the memory, wait, then look whether it is still what was written."""
    pages = mmap.mmap(-1, JOB_MIB * MIB, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    for index in range(JOB_MIB):
        make_room(group)
        pages[index * MIB : (index + 1) * MIB] = block(index)
        os.write(reply, b".")
    os.read(order, 1)
    for index in range(JOB_MIB):
        make_room(group)
        if pages[index * MIB : (index + 1) * MIB] != block(index):
            os._exit(3)
        os.write(reply, b"+")


def heard(reply, sign):
    """Count the signs that come until all are there, or the job has ended."""
    count = 0
    while count < JOB_MIB:
        if not select.select([reply], [], [], PATIENCE)[0]:
            raise TimeoutError(f"nothing was heard of the job for {PATIENCE} s")
        if os.read(reply, 1) != sign:
            break
        count += 1
    return count


def press():
    idle()  # it is night: nothing that the services hold is in the job's way but where it lies
    group = f"{CGROUPS}/night-{os.getpid()}"
    os.mkdir(group)
    try:
        write(f"{group}/memory.max", f"{RAM_MIB}M")
    except OSError as error:
        os.rmdir(group)
        raise RefusedError(
            f"no memory controller in {CGROUPS} ({error.strerror})",
            "that cgroups there have one",
            f"echo +memory > {CGROUPS}/cgroup.subtree_control",
        ) from None
    order, give = os.pipe()
    reply, tell = os.pipe()
    before, free = number("/proc/vmstat", "pswpout"), sum(size - used for size, used, _ in active().values())
    pid = os.fork()
    if not pid:
        os.close(give)
        os.close(reply)
        try:
            write(f"{group}/cgroup.procs", "0")
            job(group, order, tell)
            os._exit(0)
        finally:  # it stumbled; it must not go on as its parent
            say("the job stumbled:", sys.exc_info()[1])
            os._exit(4)
    os.close(order)
    os.close(tell)
    say(f"READY job {pid} may have {RAM_MIB} MiB of RAM and takes {JOB_MIB}; {free} kB of swap are free")
    try:
        held = heard(reply, b".")
        status = f"/proc/{pid}/status"
        whole = held == JOB_MIB
        rss, swapped = (number(status, "VmRSS"), number(status, "VmSwap")) if whole else (0, 0)
        if whole:
            say(f"HELD {JOB_MIB} MiB: VmRSS {rss} kB, VmSwap {swapped} kB;", told(active()))
            os.write(give, b".")
            whole = heard(reply, b"+") == JOB_MIB
        _, ended = os.waitpid(pid, 0)
        kills, after = number(f"{group}/memory.events", "oom_kill"), number("/proc/vmstat", "pswpout")
    finally:
        remove(group, pid)
    say(f"PRESSED pswpout {before} -> {after}; OOM kills of the job: {kills}")
    if os.WIFSIGNALED(ended):
        raise RefusedError(
            f"the job killed by signal {os.WTERMSIG(ended)} when it had {held} of {JOB_MIB} MiB; before it {free} kB of"
            " swap were free",
            f"that it holds all of it, {JOB_MIB - RAM_MIB} MiB of that in swap",
            "give it swap: a file of your size and the reserve, active, with room in them (and vm.swappiness not 0)",
        )
    if ended:
        sys.exit(f"the job ended with status {os.waitstatus_to_exitcode(ended)}")
    if swapped < (JOB_MIB - RAM_MIB) * 1024:
        raise RefusedError(
            f"a job with {rss} kB in RAM and {swapped} kB in swap",
            f"that no more than {RAM_MIB} MiB of it are in RAM",
            f"leave the limit of {group} to the workload",
        )
    say(f"VERDICT the job got its memory and found all of it again; {swapped} kB of it had been in swap")


def told(areas):
    said = ", ".join(f"{path} {used} of {size} kB" for path, (size, used, _) in areas.items())
    return f"swap: {said or 'none'}"


def remove(group, pid):
    """Leave nothing behind, whatever became of the job."""
    try:
        os.kill(pid, SIGKILL)
        os.waitpid(pid, 0)
    except (ProcessLookupError, ChildProcessError):
        pass  # it has ended, as it should
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            return os.rmdir(group)
        except OSError as error:
            if error.errno != errno.EBUSY:
                raise
        time.sleep(0.05)
    return None


# -- boot ------------------------------------------------------------------------------------------------


class SwapTools:
    """swapon(2), and the library with which swapon(8) reads fstab, both loaded from where this program lives.

    Only then a child changes its root to the learner's: so paths and links lead where a boot would find them, while
    nothing that lies there is run. (A swapon of the learner's own might say and do anything.)
    """

    def __init__(self):
        import ctypes  # here and not above: it takes 0.1 s, and only a boot needs it

        self._c = ctypes.CDLL("libc.so.6", use_errno=True)
        self._mount = ctypes.CDLL("libmount.so.1")
        self._ctypes = ctypes
        for name in ("mnt_new_table_from_file", "mnt_new_iter", "mnt_new_cache"):
            getattr(self._mount, name).restype = ctypes.c_void_p  # else ctypes takes a pointer for an int
        for name in ("mnt_fs_get_source", "mnt_fs_get_options", "mnt_resolve_spec"):
            getattr(self._mount, name).restype = ctypes.c_char_p

    def swapon(self, path, priority):
        """Hand an area to the kernel; give what speaks against it."""
        return self._in_learners_root(lambda: self._swapon(path, priority))

    def swapoff(self, path):
        """Take an area away; give what speaks against it."""
        return self._in_learners_root(lambda: self._said(self._c.swapoff(os.fsencode(path))))

    def swapon_all(self):
        """Do what `swapon -a` does; give what it would complain of, a line each."""
        there = active()
        return self._in_learners_root(lambda: "\n".join(self._swapon_all(there)))

    def _in_learners_root(self, act):
        """Act in a process of its own: the kernel may kill it for swapoff, and no way leads back from a new root."""
        reply, tell = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(reply)
            try:
                os.chroot(ROOT)
                os.chdir("/")
                os.write(tell, act().encode(errors="replace"))
                os._exit(0)
            finally:  # it stumbled; it must not go on as its parent
                os.write(tell, repr(sys.exc_info()[1]).encode())
                os._exit(1)
        os.close(tell)
        with open(reply, errors="replace") as pipe:
            said = pipe.read()
        _, status = os.waitpid(pid, 0)
        if os.WIFSIGNALED(status):
            return KILLED
        if status:
            sys.exit(f"swapon or swapoff broke: {said}")
        return said

    def _swapon(self, path, priority):
        flags = 0 if priority < 0 else PREFER | min(priority, PRIORITIES)
        return self._said(self._c.swapon(os.fsencode(path), flags))

    def _said(self, failed):
        return os.strerror(self._ctypes.get_errno()) if failed else ""

    def _swapon_all(self, there):
        for source, path, priority in list(self._fstab()):
            if path not in there:
                complaint = self._swapon(path, priority) if path else "cannot find the device"
                if complaint:
                    yield f"{source}: {complaint}"

    def _fstab(self):
        """Give the swap areas of /etc/fstab, as swapon -a takes them: what stands there, path or "", priority."""
        pointer = self._ctypes.c_void_p
        table = self._mount.mnt_new_table_from_file(b"/etc/fstab")
        if not table:
            return
        cache, walk, entry = self._mount.mnt_new_cache(), self._mount.mnt_new_iter(0), pointer()
        while not self._mount.mnt_table_next_fs(pointer(table), pointer(walk), self._ctypes.byref(entry)):
            options = (self._mount.mnt_fs_get_options(entry) or b"").decode(errors="replace").split(",")
            if not self._mount.mnt_fs_is_swaparea(entry) or "noauto" in options:
                continue
            source = self._mount.mnt_fs_get_source(entry) or b""
            path = self._mount.mnt_resolve_spec(source, pointer(cache))  # LABEL=, UUID= and links
            asked = [option[4:] for option in options if option.startswith("pri=")]
            priority = int(asked[0]) if asked and asked[0].isdecimal() else -1
            yield os.fsdecode(source), os.fsdecode(path or b""), priority


def boot():
    write("/proc/self/oom_score_adj", "-1000")  # who measures must not be what is measured
    before, tools = active(), SwapTools()
    say("READY", told(before))
    complaints, back = {}, {}
    try:
        for path, (_, _, priority) in before.items():
            if path.startswith("/dev/zram"):
                continue  # what is in it need not fit into RAM as it is; and no fstab makes a zram
            there_is_room(path)
            # Killed in spite of room: the kernel was too slow to make it. What has come in by then is done.
            answers = (tools.swapoff(path) for _ in range(2))
            complaint = next((said for said in answers if said != KILLED), KILLED)
            if complaint:
                raise RefusedError(
                    f"that {path} (priority {priority}) cannot be taken off: {complaint}",
                    "an area that swapoff finds, and room for what is in it",
                    "look with swapon --show, and what lies at that path now: is something else mounted there?",
                )
            complaints |= dict.fromkeys(tools.swapon_all().splitlines())
            # What has come back by now, and was not merely there all the time.
            back |= {row_path: row for row_path, row in rows().items() if row_path == path or row_path not in before}
            if path not in active():
                tools.swapon(path, priority)  # the next one's pages need a place
    finally:
        restored = restore(tools, before, back)
    for complaint in complaints:
        say("swapon -a:", complaint)
    say("AFTER", *swaps_now().splitlines()[:1], *back.values(), sep="\n")
    say("VERDICT", "; ".join(restored) or "all that was active comes back, and nothing else")


def there_is_room(path):
    """Refuse before the kernel has to kill anything."""
    others = active()
    _, used, _ = others.pop(path)
    room = number("/proc/meminfo", "MemAvailable")
    usable = int(read("/proc/sys/vm/swappiness")) > 0  # at 0 the kernel would rather kill than swap
    if usable:
        room += sum(size - taken for size, taken, _ in others.values())
    if used > room:
        raise RefusedError(
            f"{path} with {used} kB in it, and room for {room} kB elsewhere"
            + (", in RAM and other swap" if usable else ", in RAM; as vm.swappiness is 0, the kernel uses no swap"),
            "that each area can be taken off while RAM and the others carry its pages",
            "make the swap file and the reserve first" if usable else "sysctl vm.swappiness=60",
        )


def restore(tools, before, back):
    """Have active what was active; give how that differs from what came back."""
    said = []
    for path, (_, _, priority) in before.items():
        now = active()
        if path not in now:
            said.append(f"{path} is lost: {tools.swapon(path, priority)}")
        elif path not in back and not path.startswith("/dev/zram"):
            said.append(f"{path} does not come back")
        elif now[path][2] != priority and max(now[path][2], priority) >= 0:  # those below 0 the kernel counts anew
            said.append(f"{path} comes back with priority {now[path][2]} in place of {priority}")
            tools.swapoff(path)
            tools.swapon(path, priority)
    for path in active().keys() - before.keys():
        complaint = tools.swapoff(path)
        said.append(f"{path} was not active and comes back{f' (and: {complaint})' if complaint else ''}")
    return said


# -- night -----------------------------------------------------------------------------------------------


def idle():
    """Have the kernel swap out of each service what was in swap at the beginning, as far as there is room."""
    for role, mib in NIGHT.items():
        group = f"{CGROUPS}/{os.environ[role]}"
        for _ in range(10):
            try:
                missing = mib * MIB - int(read(f"{group}/memory.swap.current"))
                if missing <= 0:
                    break
                write(f"{group}/memory.reclaim", f"{missing} swappiness=200")  # whatever vm.swappiness is
            except BlockingIOError:
                continue  # less than was asked for: once more
            except OSError as error:
                say(f"{group}: {error.strerror}")
                break


def night():
    idle()
    say("READY the services are idle;", told(active()))


ROLES = {"press": press, "boot": boot, "night": night}

play(ROLES, __doc__)
