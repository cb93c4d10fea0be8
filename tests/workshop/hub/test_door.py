"""The door of a seat: OAuth, cookies, and who may change anything."""

import json
import os
import socket
from base64 import b64encode
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from ramlab.workshop.keys import is_key


def test_logging_in_has_state_and_pkce(workshop, ada):
    sent = requests.get(f"{workshop.url}/user/ada/", allow_redirects=False, timeout=30)
    asked = parse_qs(urlsplit(sent.headers["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["code_challenge"][0]) == 43
    cookie = sent.headers["Set-Cookie"]
    assert asked["state"][0] in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/user/ada/" in cookie
    assert "Secure" not in cookie  # there is no TLS here
    behind_tls = requests.get(
        f"{workshop.url}/user/ada/", allow_redirects=False, timeout=30, headers={"X-Forwarded-Proto": "https"}
    )
    assert "Secure" in behind_tls.headers["Set-Cookie"]


@pytest.mark.parametrize("cookie", [True, False])
def test_a_callback_of_another_browser_is_refused(workshop, ada, cookie):
    """Somebody who makes ada's browser follow a link of his own would have her work in his account."""
    begun = requests.get(f"{workshop.url}/user/ada/", allow_redirects=False, timeout=30)
    state = parse_qs(urlsplit(begun.headers["Location"]).query)["state"][0]
    cookies = dict(begun.cookies) if cookie else {}
    if cookie:
        cookies = {name: value[:-1] + "x" for name, value in cookies.items()}
    answer = requests.get(f"{workshop.url}/user/ada/oauth_callback?code=abc&state={state}", cookies=cookies, timeout=30)
    assert answer.status_code == 400
    assert "not begun in this browser" in answer.text


def test_a_code_without_its_verifier_is_worth_nothing(workshop, ada):
    """The code of one log-in with the state of another: PKCE's verifier does not fit."""
    first = ada.get(f"{workshop.url}/user/ada/oauth_callback?code=abc&state=def", allow_redirects=False)
    assert first.status_code == 400
    other = requests.get(f"{workshop.url}/user/ada/", allow_redirects=False, timeout=30)
    state = parse_qs(urlsplit(other.headers["Location"]).query)["state"][0]
    # A log-in of ada's browser, stopped before its callback.
    with_cookie = requests.Session()
    with_cookie.trust_env = False
    with_cookie.cookies.update(ada.cookies)
    for cookie in [one for one in with_cookie.cookies if one.name == "jupyterhub-user-ada"]:
        with_cookie.cookies.clear(cookie.domain, cookie.path, cookie.name)
    begun = with_cookie.get(f"{workshop.url}/user/ada/", allow_redirects=False)
    back = with_cookie.get(workshop.url + begun.headers["Location"], allow_redirects=False)
    code = parse_qs(urlsplit(back.headers["Location"]).query)["code"][0]
    answer = requests.get(
        f"{workshop.url}/user/ada/oauth_callback?code={code}&state={state}", cookies=dict(other.cookies), timeout=30
    )
    assert answer.status_code == 403
    assert "did not confirm" in answer.text


def test_pages_say_what_browsers_must_not_do_with_them(workshop, ada):
    headers = ada.get(f"{workshop.url}/user/ada/").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "script-src" not in policy  # scripts are of our own files alone, as all else
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    login = requests.get(f"{workshop.url}/hub/login", timeout=30).headers
    assert "frame-ancestors 'none'" in login["Content-Security-Policy"]
    assert login["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X-Ramlab": "1"}, 200),
        ({"X-Ramlab": "1", "Origin": "OWN"}, 200),
        ({}, 403),
        ({"X-Ramlab": "1", "Origin": "http://evil.example"}, 403),
        ({"X-Ramlab": "1", "Origin": "null"}, 403),
    ],
)
def test_only_its_own_pages_change_anything(workshop, ada, headers, status):
    headers = {name: workshop.url if value == "OWN" else value for name, value in headers.items()}
    assert ada.post(f"{workshop.url}/user/ada/api/change", headers=headers).status_code == status


def shake_hands(workshop, browser, **headers):
    """The status line of a websocket's opening at ada's terminal."""
    words = {
        "Host": f"127.0.0.1:{workshop.port}",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": b64encode(os.urandom(16)).decode(),
        **headers,
    }
    if browser:
        words["Cookie"] = "; ".join(f"{one.name}={one.value}" for one in browser.cookies)
    with socket.create_connection(("127.0.0.1", workshop.port), timeout=30) as line:
        asked = "".join(f"{name}: {value}\r\n" for name, value in words.items() if value)
        line.sendall(f"GET /user/ada/terminal/1 HTTP/1.1\r\n{asked}\r\n".encode())
        return line.recv(4096).split(b"\r\n")[0].decode()


def test_a_websocket_opens_from_the_seats_own_page_alone(workshop, ada, bob, grace):
    own = workshop.url
    grace.get(f"{own}/user/ada/")
    assert " 101 " in shake_hands(workshop, ada, Origin=own)
    assert " 101 " in shake_hands(workshop, grace, Origin=own)
    assert " 403 " in shake_hands(workshop, ada, Origin="http://evil.example")
    assert " 403 " in shake_hands(workshop, ada, Origin=f"http://127.0.0.1:{workshop.port + 1}")
    assert " 403 " in shake_hands(workshop, ada)  # a browser always says whose page it is
    assert " 403 " in shake_hands(workshop, bob, Origin=own)
    assert " 403 " in shake_hands(workshop, None, Origin=own)


def test_a_seat_is_told_what_it_needs_and_no_secret_of_others(workshop, ada):
    told = ada.get(f"{workshop.url}/user/ada/api/environment").json()
    secrets = json.loads((workshop.folder / "secrets.json").read_text())
    assert told["RAMLAB_WORKSHOP_TITLE"] == "Testing <memory>"
    assert told["RAMLAB_WORKSHOP_LABS"] == "05_oom 01_free"
    assert told["XDG_STATE_HOME"] == str(workshop.folder / "seats")
    assert is_key(told["RAMLAB_WORKSHOP_SEAT_KEY"], secrets["seats"], "ada")
    others = [one for value in secrets.values() for one in (value.values() if isinstance(value, dict) else [value])]
    assert len(others) > 6
    assert [name for name, value in told.items() if any(one in value for one in others)] == []


def test_secrets_are_its_owners_alone(workshop):
    assert (workshop.folder.stat().st_mode & 0o777) == 0o700
    assert ((workshop.folder / "secrets.json").stat().st_mode & 0o777) == 0o600
    configuration = (workshop.folder / "jupyterhub_config.py").read_text()
    for name, value in json.loads((workshop.folder / "secrets.json").read_text()).items():
        if isinstance(value, str):
            assert value not in configuration, name
