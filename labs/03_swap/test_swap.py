"""03: swap that is there, used in the right order, still there after a boot, and taken away without a loss."""

import pytest

from checkers import processes, swaps, zram
from checkers.judging import answer, follows, must

OLD, RESERVE = "/dev/vdd", "/dev/vdc"
HEADER_KB = 4  # mkswap's page at the beginning, in which nothing is ever swapped
FILE_OF_SHELF_KB = 18 * 1024
LOST = "what is lost stays lost: ramlab reset 03 begins anew"


@pytest.fixture(scope="module")
def booted(workload):
    """What a boot would do to swap: the workload's result. What was active before is active again after it."""
    return workload("boot", check=False)


def test_who_is_in_swap(host, answers, workload):
    """Who is in swap is known: the process with most of it, and the file that takes more and is no process's."""
    given, _ = answers["most_in_swap"], answers["no_process"]  # before work is made for nothing
    workload("night")
    deepest = max(processes.table(host), key=lambda process: process.swap_kb)
    must(deepest.swap_kb, "no process with a page in swap", "that the services are swapped out", "swapon --show")
    must(
        given in (deepest.name, str(deepest.pid)),
        f"most_in_swap = {given}, while another process has more of itself in swap",
        "the name or pid of the process with the largest VmSwap",
        "workload night, as they were idle for this look; then grep VmSwap /proc/[0-9]*/status | sort -k2n:"
        " neither its size nor its RSS counts here, nor its cgroup",
    )
    file = max(swaps.tmpfs_files(host, "/dev/shm"), key=lambda file: file.swapped_kb, default=None)
    must(file and file.swapped_kb, "no file of /dev/shm in swap", f"that of {FILE_OF_SHELF_KB} kB", LOST)
    what = "the path of the file in /dev/shm that has most of itself in swap"
    answer(answers, "no_process", file.path, what, "ls -ls /dev/shm says what a file takes, fincore what is in RAM")


def test_file_and_reserve(host, lab):
    """The swap file of the right size is active and nobody else's to read, and /dev/vdc waits behind it."""
    file = file_before_reserve(swaps.read(host), lab)
    behind = swaps.backing(host, file)
    must(
        behind.on_root,
        f"{file.path} in another file system than /",
        "that it lies on the machine's own disk, whose file system a boot mounts before it looks for swap",
        "df shows where it lies; make it in /, for instance /swapfile",
    )
    must(
        behind.mode & 0o077 == 0 and behind.uid == 0,
        f"{file.path} with mode {behind.mode:04o}, owned by uid {behind.uid}",
        "mode 0600, owned by root: in it lies what is in the memory of all processes",
        f"chown root:root {file.path}; chmod 600 {file.path}",
    )


def test_the_old_disk_is_out(host, booted):
    """The old disk /dev/vdd is out of service for good, and of the services none was lost and none has shrunk."""
    gone(swaps.read(host), "in service", "swapoff /dev/vdd, when there is room for what is in it: see its USED")
    household_is_whole(host)
    follows(booted)
    gone(after(booted), "back after a boot", "take its line out of /etc/fstab")


def test_it_comes_back(host, lab, booted):
    """After a boot the swap file and /dev/vdc are there again, each with its priority."""
    now = file_before_reserve(swaps.read(host), lab)
    follows(booted)
    complaints = [line for line in booted.stdout.splitlines() if line.startswith("swapon -a:")]
    back = file_before_reserve(after(booted), lab, f" after a boot ({'; '.join(complaints) or 'and no complaint'})")
    must(
        (back.path, back.priority) == (now.path, now.priority),
        f"{back.path} with priority {back.priority} after a boot, now {now.path} with {now.priority}",
        "the same area with the same priority",
        f"give it in /etc/fstab: {now.path} none swap sw,pri={now.priority} 0 0; then: workload boot",
    )


def test_the_night_is_survived(workload):
    """The night's job gets all of its memory, most of that in swap, and is not killed."""
    workload("press")


def test_zram_comes_first(host, lab):
    """A zram of the right size and algorithm is swap as well, and used before all others."""
    size, algorithm = lab.parameters["zram_mib"], lab.parameters["zram_algorithm"]
    make = f"zramctl --find --algorithm {algorithm} --size {size}M; then mkswap, and swapon -p with a high priority"
    devices = {device.path: device for device in zram.read(host)}
    areas = swaps.read(host)
    active = [area for area in areas if area.path in devices]
    must(
        active,
        f"no zram among the swap areas: {told(areas)}",
        "a zram that is active as swap",
        f"modprobe zram; {make}",
    )
    first = max(active, key=lambda area: area.priority)
    device = devices[first.path]
    must(
        device.algorithm == algorithm,
        f"{device.path} that compresses with {device.algorithm}",
        f"{algorithm}, which has to be set before the size",
        f"swapoff {device.path}; zramctl --reset {device.path}; {make}",
    )
    must(
        device.disksize_kb == size * 1024,
        f"{device.path} of {device.disksize_kb} kB",
        f"{size} MiB, {size * 1024} kB",
        f"swapoff {device.path}; zramctl --reset {device.path}; {make}",
    )
    must(
        all(first.priority > area.priority for area in areas if area is not first),
        f"swap areas {told(areas)}",
        f"{device.path} with the highest priority: RAM, even compressed, is faster than a disk",
        f"swapoff {device.path}; swapon -p 1000 {device.path}",
    )


# -- what several checks ask -----------------------------------------------------------------------------


def file_before_reserve(areas, lab, when=""):
    """The swap file; refuses where it is not of the learner's size, or the order of file and reserve is another."""
    size_kb, priority = lab.parameters["swap_mib"] * 1024, lab.parameters["reserve_priority"]
    files = [area for area in areas if area.kind == "file"]
    must(
        files,
        f"no swap file active{when}: {told(areas)}",
        f"one of {lab.parameters['swap_mib']} MiB",
        "fallocate, chmod, mkswap, swapon; for a boot, its line in /etc/fstab: then workload boot",
    )
    fitting = [area for area in files if size_kb - HEADER_KB <= area.size_kb <= size_kb]
    must(
        fitting,
        f"a swap file of {' and '.join(str(area.size_kb) for area in files)} kB{when}",
        f"{size_kb} kB with the {HEADER_KB} kB of its header: {lab.parameters['swap_mib']} MiB",
        f"fallocate -l {lab.parameters['swap_mib']}M; MB, as in 100MB, are 1000 kB of 1000 bytes each",
    )
    file = fitting[0]
    reserve = next((area for area in areas if area.path.startswith(RESERVE) and area.kind == "partition"), None)
    must(
        reserve and reserve.priority == priority,
        f"{RESERVE} {f'with priority {reserve.priority}' if reserve else 'not active'}{when}: {told(areas)}",
        f"{RESERVE} as swap, with priority {priority}",
        f"mkswap {RESERVE}; swapon -p {priority} {RESERVE}; in /etc/fstab the priority is an option, pri={priority}",
    )
    must(
        file.priority > priority,
        f"{file.path} with priority {file.priority}, {RESERVE} with {priority}{when}",
        "that the file is used first, and the disk only when the file is full: the higher priority goes first",
        f"swapoff {file.path}; swapon -p {priority + 10} {file.path}",
    )
    return file


def gone(areas, how, following):
    must(
        not any(area.path.startswith(OLD) for area in areas),
        f"{OLD} {how}: {told(areas)}",
        "that no page lies on it, nor ever will again",
        following,
    )


def household_is_whole(host):
    """Each service is the process that was there at the beginning, with all of its memory; so is the shelf's file."""
    table = {(process.pid, process.start_ticks): process for process in processes.table(host)}
    services = [line.split() for line in host.run("cat /run/lab/household").stdout.splitlines()]
    for name, pid, began, mib in services:
        process = table.get((int(pid), int(began)))
        must(process, f"no {name} (pid {pid}) any more", "every service as it was, not a new one of that name", LOST)
        held = process.rss_anon_kb + process.swap_kb
        must(
            held >= int(mib) * 1024 and (name != "scand" or process.locked_kb >= int(mib) * 1024),
            f"{name} (pid {pid}) with {held} kB, of which {process.locked_kb} are locked",
            f"all of its {mib} MiB",
            LOST,
        )
    files = swaps.tmpfs_files(host, "/dev/shm")
    must(
        any(file.held_kb >= FILE_OF_SHELF_KB for file in files),
        f"in /dev/shm: {', '.join(f'{file.path} with {file.held_kb} kB' for file in files) or 'nothing'}",
        f"the file of {FILE_OF_SHELF_KB} kB, whole: room is to be made in swap, not by throwing away",
        LOST,
    )


def after(booted):
    """The swap areas that there were after the boot."""
    return swaps.parse(booted.stdout.partition("\nAFTER\n")[2].rpartition("\nVERDICT")[0])


def told(areas):
    return ", ".join(f"{area.path} (priority {area.priority})" for area in areas) or "none"
