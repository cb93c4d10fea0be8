"""06: memory on the right node."""

import re

from checkers import kernel_log, numa
from checkers.judging import answer, must

ALL = 0.95  # of a process's memory that is "all there": a page or two of a start may be elsewhere
NOTED = "/run/lab/dispatchd"  # pid of the one that the stage began with, and when it began
REPORT = "/run/lab/oom-report.txt"


def test_signald_is_near(workload):
    """Whoever starts it, and however often: signald runs on its node and has its memory there, later pages too."""
    workload("signal")


def test_the_segment_is_spread(workload):
    """The shared segment lies evenly on both nodes, each time that mapd has filled it."""
    workload("network")


def test_dispatchd_is_moved(host, lab, workload):
    """The dispatchd of this morning is on the other node: processor, memory, and whatever it takes from now on."""
    pid, start = map(int, host.run(f"cat {NOTED}").stdout.split())
    wanted = numa.read(host)[1 - lab.parameters["home_node"]]
    found = {one.pid: one for one in numa.placements(host, [pid])}.get(pid)
    must(
        found and found.start_ticks == start,
        f"that the dispatchd of this morning (pid {pid}) is gone, and its rosters with it",
        "that very process, on the other node",
        "ramlab reset 06 gives you the morning anew",
    )
    must(
        found.cpus_allowed <= wanted.cpus,
        f"dispatchd (pid {pid}) that may run on CPU {sorted(found.cpus_allowed)}",
        f"only on CPU {sorted(wanted.cpus)}, of node {wanted.number}",
        "man taskset; or a cpuset, which has cpuset.cpus beside cpuset.mems",
    )
    held = found.private_kb()
    must(
        held.get(wanted.number, 0) >= ALL * sum(held.values()) >= lab.parameters["dispatchd_mib"] * 1024 * ALL,
        f"dispatchd (pid {pid}) with {told(held)}",
        f"all of its memory on node {wanted.number}",
        "pages do not follow a process that goes to another CPU: see `man migratepages`, or cpuset.mems of a cgroup",
    )
    workload("order", str(pid))


def test_replan_spills(workload):
    """The night's job takes its own node first and then the other one; nobody is killed, nothing is swapped."""
    workload("replan")


def test_the_oom_is_explained(host, answers):
    """The OOM in /root/oom-report.txt is explained: what bound whom to which node, what was free, who died in vain."""
    text = host.run(f"cat {REPORT}").stdout
    shortage, first = numa.parse_shortage(text), kernel_log.parse_kills(text)[0]
    bound = {"CONSTRAINT_MEMORY_POLICY": "policy", "CONSTRAINT_CPUSET": "cpuset"}[shortage.constraint]
    look = "read the line that begins with oom-kill:, and the numbers behind free: above it"
    answer(answers, "oom_bound", bound, "what kept the job from going to another node: policy, or cpuset", look)
    answer(answers, "oom_node", min(shortage.nodes), "the node that had no memory left", look)
    answer(answers, "oom_in_vain", first.name, "whose death gave nothing back to that node", look)
    what = "kB that were free on all other nodes when the first one was killed (to within 2000 kB)"
    answer(answers, "oom_free_kb", shortage.free_elsewhere_kb, what, look, within=2000)


def test_balancing_is_understood(answers, workload):
    """It is known whose memory automatic balancing moves, and whose not."""
    given = set(re.findall(r"[a-z]+", answers["moved"].lower())) - {"and"}
    must(
        given == set(workload("moved").stdout.splitlines()[-1].split()[1:]),
        f"moved = {answers['moved']}",
        "all those, and only those, whose memory is on the node on which they run after a while",
        "workload balance; then look at N0= and N1= in the numa_maps of each",
    )


def test_four_nodes_are_read(host, lab, answers):
    """On the machine with four nodes it is known which have no CPU, and where memory goes when one is full."""
    given = {name: [int(word) for word in re.findall(r"\d+", answers[name])] for name in ("memory_only", "spill_order")}
    nodes = numa.read(host)
    must(
        set(given["memory_only"]) == {node.number for node in nodes.values() if not node.cpus},
        f"memory_only = {answers['memory_only']}",
        "all nodes, and only those, that have memory and no CPU",
        "numactl --hardware, on the machine four: which lines `cpus:` are empty?",
    )
    full = lab.parameters["full_node"]
    must(
        given["spill_order"] == nodes[full].nearest(),
        f"spill_order = {answers['spill_order']}",
        f"all four nodes in the order in which the kernel tries them for node {full}: itself, then by distance",
        f"numactl --hardware, on the machine four: the row of node {full} in the table of distances",
    )


def test_the_buffer_is_weighted(workload):
    """On the machine with four nodes the buffer is spread by weights: its own node, and the nearest without CPUs."""
    workload("record")


def told(held):
    return ", ".join(f"{kb} kB on node {node}" for node, kb in held.items())
