"""The ledger's two scripts on a real kernel: what they see, and that they bring all of it back."""

import pytest

from containers import ledger
from containers.ledger import Snapshot, differences

SHELLS = ["dash", "busybox sh"]

CHANGE = r"""
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
sysctl -q -w vm.swappiness=10 vm.dirty_bytes=33554432 vm.dirty_background_ratio=7 vm.overcommit_kbytes=300000
sysctl -q -w vm.min_free_kbytes=9000 vm.lowmem_reserve_ratio='128 128 16 0 0' vm.overcommit_memory=1
sysctl -q -w kernel.panic=5 kernel.printk='3 4 1 7' vm.zone_reclaim_mode=1 kernel.core_pattern=

cd /sys/kernel/mm
echo always > transparent_hugepage/enabled
echo defer+madvise > transparent_hugepage/defrag
echo advise > transparent_hugepage/shmem_enabled
echo 100 > transparent_hugepage/khugepaged/max_ptes_none
echo always > transparent_hugepage/hugepages-64kB/enabled
echo 128 > ksm/max_page_sharing
echo 777 > ksm/pages_to_scan
echo scan-time > ksm/advisor_mode
echo 1 > ksm/run
echo 0 > lru_gen/enabled
echo 1000 > lru_gen/min_ttl_ms
echo 3 > hugepages/hugepages-2048kB/nr_hugepages
echo 2 > hugepages/hugepages-2048kB/nr_overcommit_hugepages
echo 1 > damon/admin/kdamonds/nr_kdamonds
echo 512 > /sys/block/vda/queue/read_ahead_kb
echo 11 > /sys/module/zswap/parameters/max_pool_percent
echo Y > /sys/module/zswap/parameters/enabled

mkdir -p /volume/deep
area() { dd if=/dev/zero of="$1" bs=1M count=4 status=none; chmod 600 "$1"; mkswap -q "$1"; }
area /volume/deep/area
swapon /volume/deep/area
odd=$(printf '/root/odd \\ n\303\266 (2)\nname')
area "$odd"
swapon "$odd"
area /volume/device
modprobe loop
losetup /dev/loop3 /volume/device
swapon -p 5 /dev/loop3
truncate -s 1M /root/device
losetup /dev/loop5 /root/device
modprobe zram
echo 16M > /sys/block/zram0/disksize
mkswap -q /dev/zram0
swapon /dev/zram0

in_it() { mkdir -p "$1"; sh -c 'echo $$ > "$0/cgroup.procs"; exec sleep 100000' "$1" > /dev/null 2>&1 & }
cd /sys/fs/cgroup
in_it engine/CONTAINER/of/learner
in_it engine/busy
mkdir -p engine/ANOTHER/its system.slice/session-1.scope/its system.slice/new.slice 'system.slice/stray/d\e p'
until grep -q . engine/CONTAINER/of/learner/cgroup.procs && grep -q . engine/busy/cgroup.procs; do sleep 0.1; done
"""
CONTAINER, ANOTHER = "0123456789abcdef" * 4, "fedcba9876543210" * 4
CHANGE = CHANGE.replace("CONTAINER", CONTAINER).replace("ANOTHER", ANOTHER)
CONTAINERS = f"CONTAINERS={CONTAINER}\n"


def record(machine, shell="dash") -> Snapshot:
    done = machine.examiner.run(f"exec {shell}", stdin=CONTAINERS + ledger.record_script())
    assert (done.status, done.stderr) == (0, "")
    return Snapshot.parse(done.stdout)


def restore(machine, before, shell="dash", *, volumes_only=False):
    """How it is then, and the complaints. The volumes are the learner's /volume."""
    script = f"{CONTAINERS}VOLUMES=/proc/1/root/volume\n{ledger.restore_script(volumes_only=volumes_only)}"
    # Not as the command: dropbear takes none of more than 9000 characters.
    machine.examiner.run("cat > /tmp/script", stdin=script)
    machine.examiner.run("cat > /tmp/before", stdin=before.text())
    done = machine.examiner.run(f'exec {shell} -c "$(cat /tmp/script)" < /tmp/before')
    return Snapshot.parse(done.stdout), done.stderr


def change(machine, script):
    done = machine.learner.run(script)
    assert (done.status, done.stderr) == (0, "")


def names(before, after):
    return [one.name for one in differences(before, after)]


def test_nothing_that_is_recorded_changes_by_itself(machine):
    before = record(machine)
    change(
        machine,
        """
        cat /usr/bin/* > /dev/null
        i=0; while [ $i -lt 50 ]; do i=$((i + 1)); /bin/true; done
        dd if=/dev/zero of=/root/dirty bs=1M count=40 status=none; sync
        python3 -c 'b = bytearray(200 << 20)'
        echo 3 > /proc/sys/vm/drop_caches; echo 1 > /proc/sys/vm/compact_memory
        """,
    )

    after = record(machine, "busybox sh")

    assert differences(before, after) == []
    assert before == after
    assert before.values["vm.swappiness"] == "60"
    assert before.values["vm.lowmem_reserve_ratio"] == "256 256 32 0 0"


@pytest.mark.parametrize("shell", SHELLS)
def test_all_that_a_learner_changes_comes_back(machine, shell):
    change(machine, "mkdir -p /sys/fs/cgroup/engine/before /sys/fs/cgroup/ended")
    before = record(machine, shell)
    change(machine, "rmdir /sys/fs/cgroup/ended")
    change(machine, CHANGE)
    changed = record(machine, shell)
    values = {one.name: one.now for one in differences(before, changed)}
    assert (
        values.items()
        >= {
            "vm.swappiness": "10",
            "vm.dirty_bytes": "33554432",
            "vm.dirty_ratio": "0",
            "vm.overcommit_kbytes": "300000",
            "vm.overcommit_ratio": "0",
            "kernel.core_pattern": "",
            "/sys/kernel/mm/transparent_hugepage/defrag": "defer+madvise",
            "/sys/kernel/mm/transparent_hugepage/hugepages-64kB/enabled": "always",
            "/sys/kernel/mm/lru_gen/enabled": "0x0000",
            "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages": "3",
            "/sys/module/zswap/parameters/enabled": "Y",
            "loop /dev/loop3": "/volume/device",
            "loop /dev/loop5": "/root/device",
            "zram /dev/zram0": "16777216 bytes",
            "swap /dev/loop3": "partition of 4092 KiB at priority 5",
        }.items()
    )
    assert {name: now for name, now in values.items() if name.startswith("cgroup ")} == {
        f"cgroup /engine/{CONTAINER}": "of a container",
        "cgroup /system.slice/stray": "there",
        r"cgroup /system.slice/stray/d\134e p": "there",
    }
    swaps = {name for name in values if name.startswith("swap ")}
    assert swaps == {
        "swap /dev/loop3",
        "swap /dev/zram0",
        "swap /volume/deep/area",
        r"swap /root/odd\040\134\040n\303\266\040(2)\012name",
    }

    after, complaints = restore(machine, before, shell)

    assert names(before, after) == []
    assert complaints == ""
    there = {name: value for name, value in after.values.items() if not name.startswith("cgroup ")}
    assert there == {name: value for name, value in before.values.items() if not name.startswith("cgroup ")}
    kept = machine.learner.run("cd /sys/fs/cgroup && ls -d engine/*/ system.slice/*/").stdout.split()
    own, others = ["before", "busy", ANOTHER], ["new.slice", "session-1.scope"]
    assert kept == [*(f"engine/{name}/" for name in own), *(f"system.slice/{name}/" for name in others)]


@pytest.mark.parametrize("shell", SHELLS)
def test_swap_of_the_host_comes_back_in_its_order(machine, shell):
    change(
        machine,
        """
        for name in one two three; do
            dd if=/dev/zero of=/root/$name bs=1M count=4 status=none; chmod 600 /root/$name; mkswap -q /root/$name
        done
        swapon /root/one; swapon /root/two; swapon -p 7 /root/three
        """,
    )
    before = record(machine, shell)
    change(machine, "swapoff /root/one /root/three; swapon -p 3 /root/three; mkdir /volume")

    changed = record(machine, shell)
    after, complaints = restore(machine, before, shell)

    assert names(before, changed) == ["swap /root/one", "swap /root/three", "swap /root/two"]
    assert names(before, after) == []
    assert complaints == ""


def test_while_another_machine_lives_only_what_is_on_volumes_is_undone(machine):
    before = record(machine)
    change(machine, CHANGE)
    changed = record(machine)

    after, complaints = restore(machine, before, volumes_only=True)

    # Not by the differences: the kernel moves the priorities of areas that stay.
    gone = set(changed.values) - set(after.values)
    ended = {"loop /dev/loop3", f"cgroup /engine/{CONTAINER}"}
    assert gone == ended | {"swap /dev/loop3", "swap /volume/deep/area"}
    assert {name for name in names(changed, after) if not name.startswith("swap ")} == {"loop /dev/loop3"}
    assert complaints == ""


def test_what_cannot_be_brought_back_is_named_and_stops_nothing(machine):
    before = record(machine)
    change(
        machine,
        """
        PATH=/usr/sbin:$PATH
        sysctl -q -w vm.swappiness=10
        modprobe loop; truncate -s 32M /root/disk; mkfs.ext4 -q /root/disk; mount -o loop /root/disk /mnt
        dd if=/dev/zero of=/mnt/area bs=1M count=4 status=none; chmod 600 /mnt/area; mkswap -q /mnt/area
        swapon /mnt/area; umount -l /mnt; mkdir /volume
        """,
    )

    after, complaints = restore(machine, before)

    left = [str(one) for one in differences(before, after)]
    assert left == ["loop /dev/loop0: was not there", "swap /area: was not there"]
    assert "/area" in complaints


def test_a_cgroup_that_is_made_from_within_a_cgroup_namespace(machine):
    """As a privileged container does: not directly, but the kernel starts what takes a core dump beside the host's."""
    change(machine, "mkdir /sys/fs/cgroup/box")
    before = record(machine)
    change(
        machine,
        r"""
        cat > /root/inside <<'END'
        umount /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup
        mkdir /sys/fs/cgroup/inside
        ! mkdir /sys/fs/cgroup/../outside 2> /dev/null || exit 1
        echo '|/usr/bin/mkdir /proc/1/root/sys/fs/cgroup/left' > /proc/sys/kernel/core_pattern
        ulimit -c unlimited
        sh -c 'kill -SEGV $$' 2> /dev/null
        rmdir /sys/fs/cgroup/inside
END
        sh -c 'echo $$ > /sys/fs/cgroup/box/cgroup.procs; exec unshare -C -m sh /root/inside' 2> /dev/null
        until [ -d /sys/fs/cgroup/left ]; do sleep 0.1; done
        """,
    )

    changed = record(machine)
    after, complaints = restore(machine, before)

    assert [str(one) for one in differences(before, changed)] == [
        "cgroup /left: was not there",
        "kernel.core_pattern: was core, is |/usr/bin/mkdir /proc/1/root/sys/fs/cgroup/left",
    ]
    assert (names(before, after), complaints) == ([], "")
    assert machine.learner.run("ls -d /sys/fs/cgroup/*/").stdout.split() == [
        "/sys/fs/cgroup/box/", "/sys/fs/cgroup/init.scope/"
    ]  # fmt: skip


def test_without_a_whole_snapshot_nothing_is_undone(machine):
    before = record(machine)
    change(machine, "sysctl -q -w vm.swappiness=10; mkdir /volume")
    cut = Snapshot(before.boot_id, before.values)

    machine.examiner.run("cat > /tmp/script", stdin=ledger.restore_script())
    done = machine.examiner.run("exec dash /tmp/script", stdin=cut.text()[:-30])

    assert "no whole snapshot" in done.stderr
    assert [str(one) for one in differences(before, Snapshot.parse(done.stdout))] == ["vm.swappiness: was 60, is 10"]
