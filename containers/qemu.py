"""QEMU's command line, by pure functions: what is run is what is printed."""

from dataclasses import dataclass
from pathlib import Path

from containers.image.systems import SYSTEMS
from containers.shape import Disk, Shape, mib

BINARY = "qemu-system-x86_64"
PORT_TAKEN = "Could not set up host forwarding rule"
"""What QEMU says, and ends, where somebody listens on a port that it was given."""
KERNEL_ARGUMENTS = "console=ttyS0 quiet panic=1 mitigations=off net.ifnames=0"


@dataclass(frozen=True, kw_only=True)
class Files:
    """The files and sockets that one QEMU process works with."""

    kernel: Path
    initrd: Path
    base: Path
    """The image's disk: the examiner's root, read-only."""
    disk: Path
    """The learner's disk, a qcow2."""
    ram: Path
    """The guest's memory; of a shape with several nodes, what their files' names begin with."""
    disks: tuple[Path, ...]
    """The shape's further disks, each a qcow2."""
    console: Path
    """Unix socket of the serial line."""
    console_log: Path
    hand: Path
    """Unix socket of the virtio port at which the hand waits that sets the stage."""
    qmp: Path
    """Unix socket of the QEMU machine protocol."""


@dataclass(frozen=True, kw_only=True)
class Ports:
    """TCP ports on 127.0.0.1 that lead to the doors."""

    learner: int
    examiner: int


def template_argv(shape: Shape, accel: str, files: Files, ports: Ports, *, arguments: str) -> list[str]:
    """A cold boot whose memory ends up in `files.ram`. `arguments`: more of the kernel's command line."""
    words = " ".join(word for word in (KERNEL_ARGUMENTS, shape.kernel_arguments, arguments) if word)
    return [*_common(shape, accel, files, ports, share="on"), "-append", words]


def fork_argv(shape: Shape, accel: str, files: Files, ports: Ports, *, tb_size_mib: int | None = None) -> list[str]:
    """A copy-on-write fork of a template's memory file; it waits for `qmp.thaw` to load the device state.

    `tb_size_mib`: another translation buffer than the system's own, in MiB; the device state does not depend on it.
    """
    return [*_common(shape, accel, files, ports, share="off", tb_size_mib=tb_size_mib), "-incoming", "defer"]


def probe_argv(accel: str, kernel: Path, initrd: Path, *, word: str) -> list[str]:
    """The smallest guest: says `word` on standard output and ends."""
    return [
        BINARY, *_accelerator(accel, tb_size_mib=32), "-m", "128", "-nodefaults", "-display", "none", "-no-reboot",
        "-serial", "stdio",
        "-kernel", str(kernel), "-initrd", str(initrd), "-append", f"{KERNEL_ARGUMENTS} ramlab.probe={word}",
    ]  # fmt: skip


def _common(
    shape: Shape, accel: str, files: Files, ports: Ports, *, share: str, tb_size_mib: int | None = None
) -> list[str]:
    size = f"{mib(shape.memory)}M"
    console = f"path={_escaped(files.console)},server=on,wait=off,logfile={_escaped(files.console_log)}"
    doors = ((ports.learner, 22), (ports.examiner, 2022))
    forwarded = ",".join(f"hostfwd=tcp:127.0.0.1:{outside}-10.0.2.15:{inside}" for outside, inside in doors)
    return [
        BINARY, *_accelerator(accel, tb_size_mib or SYSTEMS[shape.system].tb_size_mib),
        "-m", size, "-smp", str(shape.cpus),
        # -nodefaults: no CD-ROM, floppy, VGA or parallel port whose state would have to be carried along.
        "-nodefaults", "-display", "none", "-no-reboot",
        *_memory(shape, files.ram, share),
        "-kernel", str(files.kernel), "-initrd", str(files.initrd),
        # if=virtio in order: an explicit virtio-blk device would take the letter vda.
        "-drive", f"file={_escaped(files.disk)},if=virtio,format=qcow2,cache=writeback,discard=unmap",
        "-drive", f"file={_escaped(files.base)},if=virtio,format=raw,readonly=on",
        *[word for file, disk in zip(files.disks, shape.disks, strict=True) for word in ("-drive", _drive(file, disk))],
        # After a fork the guest's random number generator must not repeat its siblings'.
        "-device", "vmgenid,guid=auto",
        "-chardev", f"socket,id=console,{console}",
        "-serial", "chardev:console",
        "-chardev", f"socket,id=hand,path={_escaped(files.hand)},server=on,wait=off",
        "-device", "virtio-serial-pci", "-device", "virtserialport,chardev=hand,name=hand",
        # restrict=on: the guest reaches neither the host nor the network; only the forwarded doors lead in.
        "-netdev", f"user,id=net,restrict=on,{forwarded}",
        "-device", "virtio-net-pci,netdev=net,romfile=",
        "-qmp", f"unix:{_escaped(files.qmp)},server=on,wait=off",
    ]  # fmt: skip


def _memory(shape: Shape, ram: Path, share: str) -> list[str]:
    if shape.nodes == 1:
        return [*_backend("ram", mib(shape.memory), ram, share), "-machine", "pc,memory-backend=ram,hpet=off"]
    words = ["-machine", "pc,hpet=off"]
    for node in range(shape.nodes):
        file = ram.with_name(f"{ram.name}-{node}")
        words += _backend(f"ram{node}", mib(shape.memory) // shape.nodes, file, share)
        cpus = "".join(f",cpus={cpu}" for cpu in range(shape.cpus) if cpu % shape.nodes == node)
        words += ["-numa", f"node,nodeid={node},memdev=ram{node}{cpus}"]
    for one, row in enumerate(shape.distances):
        for two, distance in enumerate(row):
            words += ["-numa", f"dist,src={one},dst={two},val={distance}"]
    return words


def _backend(name: str, size_mib: int, file: Path, share: str) -> list[str]:
    return ["-object", f"memory-backend-file,id={name},size={size_mib}M,mem-path={_escaped(file)},share={share}"]


def _drive(file: Path, disk: Disk) -> str:
    rate = f",throttling.bps-total={mib(disk.rate) << 20}" if disk.rate else ""
    return f"file={_escaped(file)},if=virtio,format=qcow2,cache=writeback,discard=unmap{rate}"


def _accelerator(accel: str, tb_size_mib: int) -> list[str]:
    if accel == "kvm":
        return ["-accel", "kvm", "-cpu", "host"]
    # Without cx16: QEMU 7.2 gives cmpxchg16b the flags of an older instruction, with bits among them that a kernel
    # cannot bear. Linux allocates slab objects by it, and an interrupt in that moment was a double fault.
    # Without erms: with it kernel and C library copy and clear by `rep movsb`, which TCG does byte by byte.
    # Nor fsrm, which newer QEMUs have: no processor has it without erms, and Linux 6.1 does not come up so.
    return ["-accel", f"tcg,thread=multi,tb-size={tb_size_mib}", "-cpu", "max,-cx16,-erms,-fsrm"]


def _escaped(path: Path) -> str:
    """QEMU's option syntax doubles a comma in a value."""
    return str(path).replace(",", ",,")
