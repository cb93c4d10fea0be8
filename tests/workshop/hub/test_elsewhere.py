"""Seats in containers and on a cluster: what would be asked for, against what those APIs know. Neither was run here."""

import json
from types import SimpleNamespace

import docker
import pytest
import yaml
from kubernetes.client import ApiClient
from traitlets.config import Config, PyFileConfigLoader

from ramlab.workshop import hub, keys, spawners
from ramlab.workshop.terms import Terms

HOME = hub.PAGES.parents[2] / "containers/workshop"
PORTS = hub.Ports(hub=8081, proxy=8001, board=8090)
ON_A_CLUSTER = Terms(labs=("05_oom",), place="kubernetes", image="ramlab-seat:latest", namespace="labs")


def configured(folder, terms):
    hub.Secrets.of(folder, terms)
    (folder / hub.CONFIGURATION).write_text(hub.configuration(terms, folder, PORTS, "192.0.2.7"))
    return PyFileConfigLoader(hub.CONFIGURATION, path=str(folder)).load_config()


def spawner_of(config):
    """KubeSpawner as the hub makes it for ada; it asks no cluster for anything yet."""
    from jupyterhub.objects import Hub, Server
    from jupyterhub.orm import Spawner as Kept
    from kubespawner import KubeSpawner

    user = SimpleNamespace(name="ada", id=1, url="/user/ada/", settings={}, escaped_name="ada")
    own = Hub(ip="192.0.2.7", port=8081, base_url="/hub/")
    # `_mock`: its own switch for being made without a cluster.
    made = KubeSpawner(config=config, hub=own, user=user, orm_spawner=Kept(name=""), _mock=True)
    made.api_token, made.server = "of-ada", Server(ip="192.0.2.8", port=8888)
    made.oauth_client_id = "jupyterhub-user-ada"
    return made


CLUSTER = """
apiVersion: v1
kind: Config
current-context: nowhere
clusters: [{name: nowhere, cluster: {server: "https://192.0.2.1:6443"}}]
contexts: [{name: nowhere, context: {cluster: nowhere, user: nobody}}]
users: [{name: nobody, user: {token: none}}]
"""
"""Where a cluster would be; a manifest is made without asking it."""


@pytest.fixture
def pod(tmp_path, monkeypatch):
    import asyncio

    from kubernetes_asyncio.client import ApiClient as AsyncApiClient
    from kubernetes_asyncio.config import kube_config

    (tmp_path / "kubeconfig").write_text(CLUSTER)
    monkeypatch.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "kubeconfig"))

    async def manifest():
        spawner = spawner_of(configured(tmp_path, ON_A_CLUSTER))
        async with AsyncApiClient() as api:  # what it would send
            return api.sanitize_for_serialization(await spawner.get_pod_manifest())

    made = asyncio.run(manifest())
    for amounts in made["spec"]["containers"][0]["resources"].values():
        # The API takes 0.1 as well as "0.1" for a quantity; the models know the text alone.
        amounts.update({name: str(amount) for name, amount in amounts.items()})
    return made


def matches(api, content, kind):
    """Whether the API's model has each key of it, and misses none."""
    made = api.deserialize(json.dumps(content), kind, "application/json")
    return api.sanitize_for_serialization(made) == content


@pytest.mark.parametrize(
    "config", [{"Subnet": "172.17.0.0/16"}, {"Subnet": "172.17.0.0/16", "Gateway": "172.17.0.1"}], ids=["20.10", "28"]
)
def test_where_a_container_finds_this_computer(config):
    assert spawners.own_address(config) == "172.17.0.1"


def test_the_pod_is_what_the_api_describes(pod):
    assert pod["kind"] == "Pod"
    assert matches(ApiClient(), pod, "V1Pod")
    broken = {**pod, "spec": {**pod["spec"], "no_such_key": 1}}
    assert not matches(ApiClient(), broken, "V1Pod")


def test_the_pod_has_no_privilege(pod):
    (container,) = pod["spec"]["containers"]
    security = container["securityContext"]
    assert security["allowPrivilegeEscalation"] is False
    assert security["capabilities"] == {"drop": ["ALL"]}
    assert security["runAsUser"] == 1000
    assert not security.get("privileged")
    assert pod["spec"]["automountServiceAccountToken"] is False
    assert container["resources"]["limits"]["memory"] == container["resources"]["requests"]["memory"]


def test_the_pod_is_a_seat(pod):
    (container,) = pod["spec"]["containers"]
    assert container["args"] == ["python3", "-m", "ramlab.workshop.seat"]
    environment = {one["name"]: one.get("value") for one in container["env"]}
    assert environment["RAMLAB_WORKSHOP_LABS"] == "05_oom"
    assert environment["RAMLAB_WORKSHOP_BOARD"] == "http://192.0.2.7:8090/services/board"
    assert environment["JUPYTERHUB_USER"] == "ada"
    assert len(environment["RAMLAB_WORKSHOP_SEAT_KEY"]) == 64


def test_the_charts_values_say_of_a_seat_what_the_block_says(tmp_path):
    values = yaml.safe_load((HOME / "values.yaml").read_text())
    config = configured(tmp_path, ON_A_CLUSTER)
    block, seat = config.KubeSpawner, values["singleuser"]
    assert f"{seat['image']['name']}:{seat['image']['tag']}" == block.image
    assert seat["cmd"] == list(config.Spawner.cmd)
    assert (seat["uid"], seat["fsGid"]) == (block.uid, block.fs_gid)
    assert seat["memory"] == {"limit": block.mem_limit, "guarantee": block.mem_guarantee}
    assert seat["cpu"] == {"limit": block.cpu_limit, "guarantee": block.cpu_guarantee}
    common = {name: value for name, value in config.Spawner.environment.items() if isinstance(value, str)}
    assert set(seat["extraEnv"]) == set(common)
    del common["RAMLAB_WORKSHOP_BOARD"]
    assert common.items() <= seat["extraEnv"].items()
    roles = {role["name"]: role for role in config.JupyterHub.load_roles}
    for name, role in values["hub"]["loadRoles"].items():
        assert role["scopes"] == roles[name]["scopes"]
    assert values["hub"]["config"]["Authenticator"]["username_pattern"] == config.Authenticator.username_pattern


def test_the_charts_own_lines_of_python_do_what_ours_do(tmp_path, monkeypatch):
    values = yaml.safe_load((HOME / "values.yaml").read_text())
    monkeypatch.setenv("RAMLAB_WORKSHOP_SEAT_SECRET", "s" * 64)
    monkeypatch.setenv("RAMLAB_WORKSHOP_BOARD_TOKEN", "b" * 64)
    config = Config()
    config.JupyterHub.services = []
    config.KubeSpawner.environment = {}
    exec(values["hub"]["extraConfig"]["ramlab"], {"c": config})  # noqa: S102 -- as the hub does
    key = config.KubeSpawner.environment["RAMLAB_WORKSHOP_SEAT_KEY"](SimpleNamespace(user=SimpleNamespace(name="ada")))
    assert key == keys.seat_key("s" * 64, "ada")
    ours = configured(tmp_path, ON_A_CLUSTER)
    assert config.KubeSpawner.container_security_context == ours.KubeSpawner.container_security_context
    assert config.JupyterHub.load_groups == ours.JupyterHub.load_groups
    (board,) = list(config.JupyterHub.services)
    assert board["api_token"] == "b" * 64


def test_the_boards_manifests_are_what_the_api_describes():
    kinds = {"PersistentVolumeClaim", "Service", "Deployment"}
    found = list(yaml.safe_load_all((HOME / "board.yaml").read_text()))
    assert {one["kind"] for one in found} == kinds
    for one in found:
        assert matches(ApiClient(), one, f"V1{one['kind']}"), one["kind"]


def test_docker_is_asked_for_no_privilege(tmp_path):
    terms = Terms(labs=("05_oom",), place="docker", image="ramlab-seat", kvm=True, cpus=2)
    config = configured(tmp_path, terms)
    asked = docker.types.HostConfig(version="1.43", **config.DockerSpawner.extra_host_config)
    assert asked["CapDrop"] == ["ALL"]
    assert asked["SecurityOpt"] == ["no-new-privileges"]
    assert config.Spawner.cpu_limit == 2
    assert "NanoCpus" not in asked, "an engine refuses it beside the quota that the spawner makes of the limit"
    assert asked["Devices"][0]["PathOnHost"] == "/dev/kvm"
    assert "Privileged" not in asked
    without = configured(tmp_path, Terms(labs=("05_oom",), place="docker", image="ramlab-seat"))
    assert docker.types.HostConfig(version="1.43", **without.DockerSpawner.extra_host_config).get("Devices", []) == []


def test_the_image_is_of_this_checkouts_own_lists(tmp_path):
    text = (HOME / "Dockerfile").read_text()
    lines = (HOME.parent / "host/packages.txt").read_text().splitlines()
    needs = [line.split() for line in lines if line[:1].isalnum()]
    # All that machines need but what builds the guest's image, which comes with the cache.
    builds = {"mmdebstrap", "gpg"}
    packages = {row[2] for row in needs if row[1] == "all" and row[0] not in builds and row[2] != "."}
    assert all(package in text for package in packages), packages
    assert "requirements/workshop.txt" in text
    locked = (HOME.parents[1] / "requirements/workshop.txt").read_text()
    assert "jupyterhub==6." in locked
    assert "file://" not in locked
    block = configured(tmp_path, ON_A_CLUSTER)
    assert f"USER {block.KubeSpawner.uid}:{block.KubeSpawner.gid}" in text
    assert json.dumps(list(block.Spawner.cmd)) in text
    assert f"EXPOSE {block.KubeSpawner.port}" in text
