from ramlab.fixtures import answers, host, lab, machine, workload

__all__ = ["answers", "host", "lab", "machine", "workload"]
