"""workshop.toml: what it may say, and what is said of a mistake."""

import time

import pytest

from containers.errors import UsageError
from ramlab.workshop.terms import Terms

WHOLE = """
title = "Memory, a day of it"
labs = ["05", "free"]
seats = 12
instructors = ["grace", "alan"]
machine = "vm"
expires = 2027-03-01T18:00:00+01:00
idle_minutes = 60

[address]
host = "0.0.0.0"
port = 8443
url = "https://labs.example.org"

[sign_in]
by = "oauth"
class = "oauthenticator.github.GitHubOAuthenticator"
settings = {client_id = "x", client_secret_file = "/etc/secret"}

[seat]
in = "docker"
image = "ramlab-seat"
memory = "2G"
cpus = 2
kvm = true
network = "labs"
"""


def read(tmp_path, text):
    path = tmp_path / "workshop.toml"
    path.write_text(text)
    return Terms.read(path)


def test_a_whole_file(tmp_path):
    terms = read(tmp_path, WHOLE)
    assert terms.labs == ("05_oom", "01_free")
    assert terms.instructors == ("grace", "alan")
    assert terms.expires == 1803920400.0
    assert terms.address == "https://labs.example.org"
    assert (terms.way_in, terms.place, terms.kvm) == ("oauth", "docker", True)
    assert terms.oauth_settings == {"client_id": "x", "client_secret_file": "/etc/secret"}


def test_machines_are_warm_for_all_seats_unless_the_file_says_otherwise_or_they_are_elsewhere(tmp_path):
    assert read(tmp_path, "seats = 12").warm_machines == 12
    assert read(tmp_path, "seats = 12\nwarm = 0").warm_machines == 0
    assert read(tmp_path, "seats = 12\nwarm = 40").warm_machines == 12
    assert read(tmp_path, 'machine = "docker"').warm_machines == 0
    assert read(tmp_path, WHOLE).warm_machines == 0


def test_nothing_at_all_is_a_workshop_too(tmp_path):
    terms = read(tmp_path, "")
    assert terms == Terms().checked("")
    assert terms.address == "http://127.0.0.1:8000"


def test_they_are_kept_whole(tmp_path):
    terms = read(tmp_path, WHOLE)
    terms.keep(tmp_path)
    assert Terms.of(tmp_path) == terms


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('titel = "x"', "unknown key titel"),
        ("seats = 0", "seats is 0"),
        ("seats = 5000", "seats is 5000"),
        ('seats = "many"', "seats is 'many'"),
        ("labs = []", "labs is []"),
        ('labs = ["99"]', "no lab '99'"),
        ('instructors = ["Grace H"]', "instructors is 'Grace H'"),
        ('machine = "lxc"', "machine is 'lxc'"),
        ("expires = 2027-03-01", "expires is '2027-03-01'"),
        ("[address]\nport = 70000", "address.port is 70000"),
        ('[address]\ntls_key = "/etc/hostname"', "address.tls_key is '/etc/hostname'"),
        ('[address]\ntls_key = "/no"\ntls_certificate = "/no"', "address.tls_key is '/no'"),
        ('[address]\nurl = "labs.example.org"', "address.url is 'labs.example.org'"),
        ('[sign_in]\nby = "demo"', "sign_in.by is 'demo'"),
        ('[sign_in]\ncode = "abc"', "sign_in.code is 'abc'"),
        ('[sign_in]\nby = "oauth"', "sign_in.class is ''"),
        ('[seat]\nin = "cloud"', "seat.in is 'cloud'"),
        ('[seat]\nin = "docker"', "seat.image is ''"),
        ('[seat]\nmemory = "lots"', "seat.memory is 'lots'"),
        ('[seat]\nmemori = "1G"', "unknown key seat.memori"),
        ("seats = ", "not TOML"),
    ],
)
def test_a_mistake_is_named_with_what_is_legal(tmp_path, text, complaint):
    with pytest.raises(UsageError) as wrong:
        read(tmp_path, text.replace("\\\n", "\n"))
    assert complaint in wrong.value.message
    assert wrong.value.hint


def test_the_file_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"workshop\.toml"):
        read(tmp_path, "seats = 0")


def test_one_that_is_over_is_refused(tmp_path):
    terms = read(tmp_path, WHOLE)
    terms.refuse_expired(terms.expires - 1)
    with pytest.raises(UsageError, match="expired at"):
        terms.refuse_expired(terms.expires)
    read(tmp_path, "").refuse_expired(time.time())
