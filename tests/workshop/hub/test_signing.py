"""Who gets in, and to what."""

import pytest
import requests


def test_it_says_what_to_hand_out(workshop):
    said = workshop.said()
    assert f"{workshop.url}/" in said
    assert "open sesame" in said
    assert f"{workshop.url}/services/board/" in said


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": "carol", "code": "open barley"}, "That is not the class code"),
        ({"name": "carol", "code": ""}, "That is not the class code"),
        ({"name": "grace"}, "grace is an instructor"),
        ({"name": "GRACE"}, "grace is an instructor"),
        ({"name": "ada"}, "Somebody is ada already"),
        ({"name": "a/b"}, "A name has up to 26 letters"),
        ({"name": "../x"}, "A name has up to 26 letters"),
        ({"name": "x" * 27}, "A name has up to 26 letters"),
        ({"name": "carol", "secret": "short"}, "A password has from 8"),
        ({"name": "carol", "again": "wrong horse"}, "The two passwords differ"),
    ],
)
def test_who_may_not_sign_up_is_told_why(workshop, ada, fields, sentence, browser_of):
    answer = browser_of(workshop).sign_up(**fields)
    assert answer.status_code == 400
    assert sentence in answer.text


def test_a_refused_name_has_no_account(workshop, browser_of):
    browser_of(workshop).sign_up("dave", code="wrong")
    answer = browser_of(workshop).log_in("dave")
    assert "Invalid username or password" in answer.text


def test_an_instructor_needs_the_password_that_was_printed(workshop, grace, browser_of):
    answer = browser_of(workshop).log_in("grace")
    assert "Invalid username or password" in answer.text
    assert grace.answer.url == f"{workshop.url}/services/board/"
    assert grace.answer.status_code == 200


def test_a_participant_has_one_seat_and_no_other(workshop, ada, bob):
    assert ada.get(f"{workshop.url}/user/ada/").json()["viewer"] == "ada"
    assert ada.get(f"{workshop.url}/user/bob/").status_code == 403
    assert bob.get(f"{workshop.url}/user/ada/").status_code == 403
    assert ada.get(f"{workshop.url}/services/board/").status_code == 403
    assert ada.get(f"{workshop.url}/hub/authorize").status_code == 403


def test_anothers_cookie_under_ones_own_name_opens_nothing(workshop, ada, bob):
    token = next(cookie.value for cookie in ada.cookies if cookie.name == "jupyterhub-user-ada")
    answer = requests.get(
        f"{workshop.url}/user/bob/api/environment", cookies={"jupyterhub-user-bob": token}, timeout=30
    )
    assert answer.status_code == 403
    assert "somebody else's" in answer.json()["message"]


def test_an_instructor_opens_every_seat(workshop, ada, grace):
    assert grace.get(f"{workshop.url}/user/ada/").json() | {"pid": 0} == {"seat": "ada", "viewer": "grace", "pid": 0}


def test_a_stranger_is_sent_to_log_in_and_a_script_is_refused(workshop, ada):
    page = requests.get(f"{workshop.url}/user/ada/", allow_redirects=False, timeout=30)
    assert page.status_code == 302
    assert page.headers["Location"].startswith("/hub/api/oauth2/authorize?")
    script = requests.get(f"{workshop.url}/user/ada/api/environment", allow_redirects=False, timeout=30)
    assert script.status_code == 401


def test_whom_an_instructor_approves_gets_in(start, browser_of, until):
    workshop = start('instructors = ["grace"]\n[sign_in]\nby = "approval"\n')
    carol = browser_of(workshop)
    assert "carol waits for an instructor" in carol.sign_up("carol").text
    assert "carol waits for an instructor" in carol.log_in("carol").text
    grace = browser_of(workshop)
    assert grace.log_in("grace", workshop.password_of("grace")).url.endswith("/services/board/")
    assert "carol" in grace.get(f"{workshop.url}/hub/authorize").text
    assert carol.get(f"{workshop.url}/hub/authorize/carol").status_code == 403
    assert "SameSite=Lax" in carol.get(f"{workshop.url}/hub/login").headers["Set-Cookie"]
    link = f"{workshop.url}/hub/authorize/carol"
    assert grace.get(link, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert "carol waits for an instructor" in carol.log_in("carol").text
    grace.get(link, headers={"Sec-Fetch-Site": "same-origin"})
    carol.log_in("carol")
    assert carol.sit("carol").json()["viewer"] == "carol"


def test_in_a_demo_any_name_gets_in_but_an_instructors(start, browser_of):
    workshop = start("seats = 2\n", "--demo")
    assert "a demo, for this computer alone" in workshop.said()
    ada = browser_of(workshop)
    ada.log_in("ada", "")
    assert ada.sit("ada").json()["viewer"] == "ada"
    assert "Invalid username or password" in browser_of(workshop).log_in("instructor", "").text
    password = workshop.password_of("instructor")
    assert browser_of(workshop).log_in("instructor", password).url.endswith("/services/board/")
    assert browser_of(workshop).get(f"{workshop.url}/hub/signup").status_code == 404
