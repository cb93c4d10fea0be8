"""TLS is the proxy's, by two lines of workshop.toml."""

import pytest
import requests

TERMS = """
[sign_in]
code = "open sesame"
[address]
tls_key = "{folder}/server-key.pem"
tls_certificate = "{folder}/server-cert.pem"
"""


@pytest.fixture(scope="module")
def workshop(start, certificates):
    return start(TERMS.format(folder=certificates))


def test_over_tls_each_cookie_is_secure(workshop, browser_of, certificates):
    ada = browser_of(workshop)
    ada.verify = str(certificates / "ca.pem")
    ada.sign_up("ada")
    assert ada.sit("ada").json()["viewer"] == "ada"
    assert workshop.url.startswith("https:")
    assert f"{workshop.url}/" in workshop.said()
    assert "in the clear" not in workshop.said()
    secure = {cookie.name: cookie.secure for cookie in ada.cookies}
    assert {"jupyterhub-hub-login", "jupyterhub-user-ada"} <= set(secure)
    assert all(secure.values()), secure


def test_nothing_is_said_without_it(workshop):
    plain = workshop.url.replace("https:", "http:")
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{plain}/hub/login", timeout=30)
