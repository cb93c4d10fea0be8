"""What a Kubernetes would be asked for, against the models that its API is described by. It was not run."""

import json

from kubernetes.client import ApiClient

from ramlab.grading import kube


def asked():
    return kube.manifest(
        name="ramlab-grading-1", namespace="labs", image="ramlab:1", workers=3, order='{"port": 1}', memory="4Gi"
    )


def test_it_is_what_the_api_describes():
    api = ApiClient()
    secret, job = asked()["items"]

    for kind, content in ("V1Secret", secret), ("V1Job", job):
        made = api.deserialize(
            json.dumps(content), kind, "application/json"
        )  # raises where something required is missing
        assert api.sanitize_for_serialization(made) == content  # what the API does not know would be gone


def test_pods_have_no_privilege_and_no_key_but_by_their_secret():
    secret, job = asked()["items"]

    assert secret["stringData"] == {"order.json": '{"port": 1}'}
    pod = job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["securityContext"] == {"allowPrivilegeEscalation": False}
    assert pod["automountServiceAccountToken"] is False
    assert "port" not in json.dumps(pod)
