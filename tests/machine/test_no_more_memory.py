"""When the kernel promises no more memory to anybody, nobody can fork. PID 1 must not end of it: that is a panic."""

from contextlib import suppress

from checkers.waiting import until
from containers.errors import MachineError

SCRIPT = """
import os, signal, time
def setting(name, value):
    with open(f"/proc/sys/vm/{name}", "w") as file:
        file.write(str(value))
os.setsid()
doors = [int(pid) for pid in os.popen("pgrep -x dropbear").read().split()]
for number in range(3):
    if not os.fork():
        time.sleep(1 + number / 2)
        os._exit(0)  # an orphan by then
if os.fork():
    os._exit(0)
setting("overcommit_kbytes", 1)
setting("overcommit_memory", 2)
for pid in doors:
    os.kill(pid, signal.SIGKILL)
time.sleep(5)  # as long as it may well take PID 1 to look
setting("overcommit_memory", 0)
"""


def test_pid_1_lives_where_nobody_can_fork(machine):
    machine.learner.run("cat > /root/strict.py", stdin=SCRIPT)
    with suppress(MachineError):  # the door may be gone before it has said that all is well
        machine.learner.run("python3 -IS /root/strict.py </dev/null >/dev/null 2>&1")

    def answers():
        with suppress(MachineError):  # not open yet
            return machine.alive() and machine.examiner.run("cat /proc/sys/vm/overcommit_memory").stdout
        return None

    assert until(answers, lambda said: said in ("0\n", False), deadline=300) == "0\n"
    assert machine.learner.run("echo here").stdout == "here\n"
    assert "panic" not in machine.console()
