"""The hub's configuration: one text for every place of a seat, but for one block."""

import dataclasses
import json

import pytest
from traitlets.config import Config, PyFileConfigLoader

from ramlab.workshop import hub, spawners
from ramlab.workshop.terms import Terms

PORTS = hub.Ports(hub=8081, proxy=8001, board=8090)
PLACES = {
    "process": Terms(labs=("05_oom",)),
    "docker": Terms(labs=("05_oom",), place="docker", image="ramlab-seat", kvm=True),
    "kubernetes": Terms(labs=("05_oom",), place="kubernetes", image="registry.example/ramlab-seat", namespace="labs"),
}
INSIDE = {"process": "127.0.0.1", "docker": "172.17.0.1", "kubernetes": "192.0.2.7"}


def written(folder, terms, inside="127.0.0.1"):
    hub.Secrets.of(folder, terms)
    path = folder / hub.CONFIGURATION
    path.write_text(hub.configuration(terms, folder, PORTS, inside))
    return path


def loaded(folder, terms, inside="127.0.0.1"):
    """As JupyterHub itself reads it."""
    path = written(folder, terms, inside)
    return PyFileConfigLoader(path.name, path=str(path.parent)).load_config()


def test_only_the_spawners_block_differs(tmp_path):
    rests, blocks = set(), set()
    for place, terms in PLACES.items():
        text = hub.configuration(terms, tmp_path, PORTS, INSIDE[place])
        before, _, rest = text.partition(spawners.BEGIN)
        block, _, after = rest.partition(spawners.END)
        rests.add((before, after))
        blocks.add(block)
    assert len(rests) == 1
    assert len(blocks) == len(PLACES)


@pytest.mark.parametrize("place", PLACES)
def test_jupyterhub_reads_it(tmp_path, place):
    config = loaded(tmp_path, PLACES[place], INSIDE[place])
    assert isinstance(config, Config)
    assert config.JupyterHub.hub_ip == INSIDE[place]
    assert config.Spawner.environment["RAMLAB_WORKSHOP_BOARD"] == f"http://{INSIDE[place]}:8090/services/board"
    assert config.Spawner.environment["RAMLAB_WORKSHOP_LABS"] == "05_oom"
    forked = ["ramlab.workshop.forking", "ramlab.workshop.seat"]
    assert list(config.Spawner.cmd)[-2:] == (forked if place == "process" else ["-m", "ramlab.workshop.seat"])


@pytest.mark.parametrize("place", PLACES)
def test_every_setting_is_one_that_its_class_has(tmp_path, place):
    """JupyterHub only warns of a word that it does not know; a limit would then not hold."""
    from dockerspawner import DockerSpawner
    from jupyterhub.app import JupyterHub
    from jupyterhub.proxy import ConfigurableHTTPProxy
    from jupyterhub.spawner import SimpleLocalProcessSpawner, Spawner
    from kubespawner import KubeSpawner

    from ramlab.workshop.signing_up import ClassAuthenticator, DemoAuthenticator

    classes = {
        one.__name__: one
        for one in (
            ClassAuthenticator, ConfigurableHTTPProxy, DemoAuthenticator, DockerSpawner, JupyterHub, KubeSpawner,
            SimpleLocalProcessSpawner, Spawner,
        )
    }  # fmt: skip
    classes["Authenticator"] = ClassAuthenticator
    for section, settings in loaded(tmp_path, PLACES[place]).items():
        legal = classes[section].class_traits(config=True)
        assert set(settings) <= set(legal), section


def test_no_secret_is_in_it(tmp_path):
    text = written(tmp_path, PLACES["process"]).read_text()
    for name, value in json.loads((tmp_path / hub.SECRETS).read_text()).items():
        for secret in value.values() if isinstance(value, dict) else [value]:
            assert secret not in text, name


def test_secrets_stay_the_same(tmp_path):
    first = hub.Secrets.of(tmp_path, PLACES["process"])
    assert hub.Secrets.of(tmp_path, PLACES["process"]) == first
    more = dataclasses.replace(PLACES["process"], instructors=("instructor", "grace"), code="our own code")
    second = hub.Secrets.of(tmp_path, more)
    assert second.instructors["instructor"] == first.instructors["instructor"]
    assert second.instructors["grace"]
    assert second.code == "our own code"
    assert len({*dataclasses.astuple(first)[:6]}) == 6


def test_oauths_settings_go_to_its_class_and_its_secret_is_read_from_its_file(tmp_path):
    secret = tmp_path / "client_secret"
    secret.write_text("hush\n")
    terms = Terms(
        labs=("05_oom",), way_in="oauth", oauth_class="oauthenticator.generic.GenericOAuthenticator",
        oauth_settings={"client_id": "workshop", "client_secret_file": str(secret)},
    )  # fmt: skip
    config = loaded(tmp_path, terms)
    assert config.JupyterHub.authenticator_class == "oauthenticator.generic.GenericOAuthenticator"
    assert config.GenericOAuthenticator.client_secret == "hush"  # noqa: S105 -- nobody's
    assert "hush" not in (tmp_path / hub.CONFIGURATION).read_text()
    # Else every account in the world would have a seat.
    assert "allow_all" not in config.Authenticator
    assert "allow_all" not in config.GenericOAuthenticator
    assert config.GenericOAuthenticator.allowed_users == ["instructor"]
    from oauthenticator.generic import GenericOAuthenticator

    assert set(config.GenericOAuthenticator) <= set(GenericOAuthenticator.class_traits(config=True))


@pytest.mark.parametrize("way_in", ["code", "approval"])
def test_the_dummy_is_for_a_demo_alone(tmp_path, way_in):
    terms = dataclasses.replace(PLACES["process"], way_in=way_in)
    assert "DemoAuthenticator" not in hub.configuration(terms, tmp_path, PORTS, "127.0.0.1")
    demo = dataclasses.replace(terms, way_in="demo")
    assert "DemoAuthenticator" in hub.configuration(demo, tmp_path, PORTS, "127.0.0.1")
    config = loaded(tmp_path, terms)
    assert bool(config.ClassAuthenticator.class_code) == (way_in == "code")


@pytest.mark.parametrize(
    ("name", "legal"),
    [("ada", True), ("a.b-c_9", True), ("x" * 26, True), ("x" * 27, False), (".a", False), ("a b", False), ("", False)],
)
def test_whom_the_hub_takes_the_machines_take(tmp_path, name, legal):
    import re

    from containers.errors import UsageError
    from ramlab.places import check_student

    pattern = loaded(tmp_path, PLACES["process"]).Authenticator.username_pattern
    assert bool(re.match(pattern, name)) == legal
    if legal:
        assert check_student(name) == name
    elif name:
        with pytest.raises(UsageError):
            check_student(name)
