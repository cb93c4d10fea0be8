"""The fixtures of all labs. From here they win over testinfra's `host`, which is the learner's own computer."""

from ramlab.fixtures import answers, host, lab, machine, workload

__all__ = ["answers", "host", "lab", "machine", "workload"]
