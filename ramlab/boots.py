"""What a boot sets: the files of sysctl.d(5), as they lie on a machine's disk, applied by no program of the learner's.

A workload says `from ramlab.boots import ...`; like the kit, this is a part of it when it is staged.
"""

import os

from ramlab.kit import ROOT, read

# Where a boot finds settings, and which one wins where two files have one name: sysctl(8).
FOLDERS = ("/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d", "/lib/sysctl.d")
LAST = "/etc/sysctl.conf"


def files_of_a_boot():
    """Give name and text of each file that a boot reads, in its order.

    In a child that has entered the machine's root: there, links lead where they would.
    """
    heard, reply = os.pipe()
    pid = os.fork()
    if not pid:
        os.chroot(ROOT)
        os.chdir("/")
        chosen: dict[str, str] = {}
        for folder in FOLDERS:
            for name in os.listdir(folder) if os.path.isdir(folder) else ():
                if name.endswith(".conf") and on_disk(f"{folder}/{name}"):
                    chosen.setdefault(name, f"{folder}/{name}")
        paths = [chosen[name] for name in sorted(chosen)] + [LAST] * on_disk(LAST)
        with os.fdopen(reply, "w") as pipe:
            pipe.write("\0".join(part.replace("\0", "") for path in paths for part in (path, read(path))))
        os._exit(0)
    os.close(reply)
    with os.fdopen(heard) as pipe:
        parts = pipe.read().split("\0")
    os.waitpid(pid, 0)
    return list(zip(parts[::2], parts[1::2], strict=True)) if parts != [""] else []


def on_disk(path):
    """Whether a file survives a boot: /run and its like do not."""
    return os.path.isfile(path) and os.stat(path).st_dev == os.stat("/").st_dev


def applied(files):
    """Have sysctl apply the files, what they say of vm; give what of them it could not know."""
    folder = f"/run/workload-boot.{os.getpid()}"
    os.mkdir(folder)
    paths = []
    unknown = []
    for count, (path, text) in enumerate(files):
        paths.append(f"{folder}/{count:03}.conf")
        with open(paths[-1], "w") as file:
            file.write(text + "\n")
        for line in text.splitlines():
            key, sign, _ = line.partition("=")
            key = key.strip().lstrip("-")
            known = os.path.exists(f"/proc/sys/{key.replace('.', '/')}")
            if sign and not known and not set(key) & set("#;*?["):
                unknown.append(f"{key} in {path}")
    if paths:
        # All at once, as --system does: it first reads all of them, and then sets. A name may have a dash before it.
        os.spawnv(os.P_WAIT, "/usr/sbin/sysctl", ["sysctl", "-q", "-r", "^-?vm", "-p", *paths])  # noqa: S606
    for path in paths:
        os.unlink(path)
    os.rmdir(folder)
    return unknown
