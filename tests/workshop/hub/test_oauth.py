"""Signing in by somebody else's accounts: a provider of the tests' own, and the real authenticator."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

TERMS = """
instructors = ["grace"]
[sign_in]
by = "oauth"
class = "oauthenticator.generic.GenericOAuthenticator"
[sign_in.settings]
client_id = "workshop"
client_secret_file = "{secret}"
authorize_url = "{url}/authorize"
token_url = "{url}/token"
userdata_url = "{url}/userdata"
username_claim = "login"
allowed_users = ["carol"]
"""


class Provider(ThreadingHTTPServer):
    """Vouches for whoever is `who` when a browser comes."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Pages)
        self.who, self.secrets = "", []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class Pages(BaseHTTPRequestHandler):
    def do_GET(self):
        asked = urlsplit(self.path)
        query = {key: value[0] for key, value in parse_qs(asked.query).items()}
        if asked.path == "/authorize":
            back = {"code": f"code-of-{self.server.who}", "state": query["state"]}
            self.send_response(302)
            self.send_header("Location", f"{query['redirect_uri']}?{urlencode(back)}")
            self.end_headers()
        else:
            self.say({"login": self.headers["Authorization"].rpartition("-")[2]})

    def do_POST(self):
        said = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.server.secrets += said.get("client_secret", [self.headers.get("Authorization")])
        self.say({"access_token": f"token-{said['code'][0].rpartition('-')[2]}", "token_type": "Bearer"})

    def say(self, content):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(content).encode())

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def provider():
    server = Provider()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


@pytest.fixture(scope="module")
def workshop(start, provider, tmp_path_factory):
    secret = tmp_path_factory.mktemp("secret") / "client_secret"
    secret.write_text("hush\n")
    return start(TERMS.format(secret=secret, url=provider.url))


def comes(workshop, provider, browser_of, name):
    provider.who = name
    browser = browser_of(workshop)
    return browser, browser.get(f"{workshop.url}/hub/oauth_login?next=%2Fhub%2Fhome")


def test_whom_the_settings_name_gets_a_seat(workshop, provider, browser_of):
    browser, answer = comes(workshop, provider, browser_of, "carol")
    assert answer.status_code == 200, answer.text
    assert browser.sit("carol").json()["viewer"] == "carol"
    assert "hush" in provider.secrets


def test_an_instructor_gets_to_the_board(workshop, provider, browser_of):
    browser, _ = comes(workshop, provider, browser_of, "grace")
    assert browser.get(f"{workshop.url}/services/board/").status_code == 200


@pytest.mark.parametrize("name", ["mallory", "gr/ace", "../carol"])
def test_nobody_else_does_whatever_account_they_have(workshop, provider, browser_of, name):
    browser, answer = comes(workshop, provider, browser_of, name)
    assert answer.status_code == 403
    assert browser.get(f"{workshop.url}/hub/api/user").status_code == 403


def test_nobody_can_sign_up(workshop, browser_of):
    assert browser_of(workshop).get(f"{workshop.url}/hub/signup").status_code == 404
