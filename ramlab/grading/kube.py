"""What `--on kube:NAMESPACE` asks a Kubernetes for: a Job whose pods are workers, and a Secret with their order.

The pods need no privilege: without /dev/kvm machines are emulated. Each has a cache of its own.
"""

from __future__ import annotations

from typing import Any

LABELS = {"app.kubernetes.io/name": "ramlab", "app.kubernetes.io/component": "grading-worker"}
ORDER = "/run/ramlab/order.json"
"""Where a pod has the order that `ramlab.grading.worker` follows."""
STATE = "/var/lib/ramlab"
DEATH_SECONDS = 30
DISK = "20Gi"


def manifest(*, name: str, namespace: str, image: str, workers: int, order: str, memory: str) -> dict[str, Any]:
    """A List of the two. `memory`: of a pod, as Kubernetes writes it; `image` has ramlab and its labs."""
    secret = {
        "apiVersion": "v1", "kind": "Secret", "metadata": _named(name, namespace),
        "stringData": {"order.json": order},
    }  # fmt: skip
    job = {
        "apiVersion": "batch/v1", "kind": "Job", "metadata": _named(name, namespace),
        "spec": {
            "parallelism": workers,
            "completions": workers,
            "backoffLimit": 100 * workers,  # a pod that dies is made again; what kills workers is found by Dask
            "ttlSecondsAfterFinished": 600,
            "template": {"metadata": {"labels": LABELS}, "spec": _pod(name, image, memory)},
        },
    }  # fmt: skip
    return {"apiVersion": "v1", "kind": "List", "items": [secret, job]}


def _named(name: str, namespace: str) -> dict[str, Any]:
    return {"name": name, "namespace": namespace, "labels": LABELS}


def _pod(name: str, image: str, memory: str) -> dict[str, Any]:
    return {
        "restartPolicy": "OnFailure",
        "automountServiceAccountToken": False,  # an answer is a stranger's program, if one in a machine
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": DEATH_SECONDS,
        "containers": [
            {
                "name": "worker",
                "image": image,
                "command": ["python3", "-m", "ramlab.grading.worker", ORDER],
                "env": [
                    {"name": "RAMLAB_HOST_ADDRESS", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
                    {"name": "XDG_STATE_HOME", "value": f"{STATE}/state"},
                    {"name": "XDG_CACHE_HOME", "value": f"{STATE}/cache"},
                ],
                "resources": {"requests": {"cpu": "1", "memory": memory}, "limits": {"memory": memory}},
                "securityContext": {"allowPrivilegeEscalation": False},
                "volumeMounts": [
                    {"name": "order", "mountPath": ORDER.rpartition("/")[0], "readOnly": True},
                    {"name": "state", "mountPath": STATE},
                ],
            }
        ],
        "volumes": [
            {"name": "order", "secret": {"secretName": name, "defaultMode": 0o400}},
            {"name": "state", "emptyDir": {"sizeLimit": DISK}},
        ],
    }
