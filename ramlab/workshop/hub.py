"""jupyterhub_config.py, written from the workshop's terms. Whatever a seat's place decides is `spawners.block`'s."""

from __future__ import annotations

import json
import secrets
import string
from dataclasses import asdict, dataclass
from pathlib import Path
from pprint import pformat
from typing import TYPE_CHECKING, Any, Self

from ramlab import records
from ramlab.workshop import keeping, spawners
from ramlab.workshop.terms import moment

if TYPE_CHECKING:
    from ramlab.workshop.terms import Terms

CONFIGURATION = "jupyterhub_config.py"
SECRETS = "secrets.json"
PORTS = "ports.json"
PAGES = Path(__file__).parent / "hub_pages"
_CODE = "".join(sorted(set(string.ascii_lowercase + string.digits) - set("l1o0i")))
"""Nobody has to ask which of two signs is meant."""


@dataclass(frozen=True, kw_only=True)
class Ports:
    """Where the workshop's own processes listen, `inside`: only seats and the proxy come there."""

    hub: int
    proxy: int
    board: int


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """What only the workshop's own processes know. Kept over every restart."""

    proxy: str
    board: str
    culler: str
    keeper: str
    """Of `ramlab workshop` itself: status, down, and the routes of a proxy that was started again."""
    seats: str
    cookies: str
    code: str
    instructors: dict[str, str]

    @classmethod
    def of(cls, folder: Path, terms: Terms) -> Self:
        """Those of the workshop in `folder`, drawn where there are none."""
        path = folder / SECRETS
        before = path.read_text(encoding="utf-8") if path.exists() else "{}"
        known: dict[str, Any] = json.loads(before)
        for name in ("proxy", "board", "culler", "keeper", "seats", "cookies"):
            known.setdefault(name, secrets.token_hex(32))
        known["code"] = terms.code or known.get("code") or _drawn(8)
        passwords = known.get("instructors", {})
        known["instructors"] = {name: passwords.get(name) or _drawn(12) for name in terms.instructors}
        text = json.dumps(known, indent=2) + "\n"
        if text != before:  # the hub may be reading it, being started again
            keeping.write(path, text)
        return cls(**known)


def _drawn(length: int) -> str:
    return "".join(secrets.choice(_CODE) for _ in range(length))


def configuration(terms: Terms, folder: Path, ports: Ports, inside: str) -> str:
    """The whole file. It has no secret in it: those are read when the hub starts."""
    environment = {
        "RAMLAB_WORKSHOP_TITLE": terms.title,
        "RAMLAB_WORKSHOP_LABS": " ".join(terms.labs),
        "RAMLAB_WORKSHOP_KIND": terms.machine,
        "RAMLAB_IDLE_MINUTES": str(terms.idle_minutes),
        "RAMLAB_WORKSHOP_EXPIRES": f"{terms.expires:.0f}" if terms.expires is not None else "",
    }
    own = {
        "db_url": f"sqlite:///{folder / 'jupyterhub.sqlite'}",
        "hub_port": ports.hub,
        "bind_url": terms.address
        if terms.url
        else f"{'https' if terms.tls_key else 'http'}://{_host(terms)}:{terms.port}",
        "cleanup_servers": False,  # seats outlive the hub, and are taken back
        "cleanup_proxy": False,
        "concurrent_spawn_limit": terms.seats + len(terms.instructors),
        "active_server_limit": terms.seats + len(terms.instructors),
        "init_spawners_timeout": 5,
        "template_paths": [str(PAGES)],
        "template_vars": {
            "workshop_title": terms.title,
            "ends": moment(terms.expires) if terms.expires else "",
            "way_in": terms.way_in,
            "seats": terms.seats,
        },
        "load_groups": {"instructors": {"users": list(terms.instructors)}},
        "load_roles": _roles(),
    }
    lines = [
        '"""The hub of a workshop. Made by `ramlab workshop up`; changes belong into workshop.toml."""',
        "",
        "import json",
        "from pathlib import Path",
        "",
        "from ramlab.workshop import hub_hooks",
        "from ramlab.workshop.signing_up import OwnClients",
        "",
        "c = get_config()  # noqa: F821 -- JupyterHub's loader has it",
        f"secrets = json.loads(Path({str(folder / SECRETS)!r}).read_text())",
        "",
        spawners.block(terms, folder, inside, ports.board),
        f"c.Spawner.environment.update({pformat(environment, width=100, sort_dicts=False)})",
        "c.Spawner.environment['RAMLAB_WORKSHOP_SEAT_KEY'] = hub_hooks.seat_key(secrets['seats'])",
        f"c.Spawner.pre_spawn_hook = hub_hooks.before_seat({terms.expires!r})",
        "c.Spawner.args = []",
        "c.Spawner.start_timeout = 600",
        "c.Spawner.http_timeout = 600",
        "c.Spawner.default_url = ''",
        "",
        *(f"c.JupyterHub.{key} = {pformat(value, width=100, sort_dicts=False)}" for key, value in own.items()),
        "c.JupyterHub.hub_ip = inside",
        "c.JupyterHub.cookie_secret = bytes.fromhex(secrets['cookies'])",
        f"c.JupyterHub.default_url = hub_hooks.first_page({list(terms.instructors)!r})",
        "c.JupyterHub.services = [",
        f"    {{'name': 'board', 'url': f'http://{{inside}}:{ports.board}', 'api_token': secrets['board'],",
        "     'oauth_no_confirm': True, 'display': False},",
        "    {'name': 'culler', 'api_token': secrets['culler']},",
        "    {'name': 'keeper', 'api_token': secrets['keeper']},",
        "]",
        "c.JupyterHub.tornado_settings = {",
        "    'oauth_no_confirm_list': OwnClients(),",
        "    'cookie_options': {'samesite': 'Lax'},",
        f"    'xsrf_cookie_kwargs': {{'samesite': 'Lax', 'secure': {terms.address.startswith('https:')}}},",
        "    'headers': {'X-Content-Type-Options': 'nosniff', 'X-Frame-Options': 'DENY',",
        "                'Referrer-Policy': 'same-origin'},",
        "}",
        "",
        "c.ConfigurableHTTPProxy.should_start = False",
        f"c.ConfigurableHTTPProxy.api_url = 'http://127.0.0.1:{ports.proxy}'",
        "c.ConfigurableHTTPProxy.auth_token = secrets['proxy']",
        "",
        *_way_in(terms),
    ]
    return "\n".join(lines) + "\n"


def _host(terms: Terms) -> str:
    return f"[{terms.host}]" if ":" in terms.host else terms.host


def _roles() -> list[dict[str, Any]]:
    return [
        {
            "name": "instructor",
            "groups": ["instructors"],
            # admin:users, as approving a sign-up and mending a forgotten password is.
            "scopes": [
                *("access:servers", "access:services!service=board"),
                *("list:users", "admin:servers", "admin:users", "admin-ui"),
            ],
        },
        {"name": "board", "services": ["board"], "scopes": ["list:users"]},
        {
            "name": "culler",
            "services": ["culler"],
            "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
        },
        {"name": "keeper", "services": ["keeper"], "scopes": ["list:users", "admin:servers", "proxy", "read:hub"]},
    ]  # fmt: skip


def _way_in(terms: Terms) -> list[str]:
    """Who may sign in, and how."""
    ours = "ramlab.workshop.signing_up"
    lines = [
        "c.Authenticator.username_pattern = r'^[a-z0-9][a-z0-9._-]{0,25}$'",
        "c.Authenticator.admin_users = set()",
    ]
    if terms.way_in == "oauth":
        return [*lines, *_oauth(terms)]
    lines.append("c.Authenticator.allow_all = True  # who has an account, which is ours to give")
    if terms.way_in == "demo":
        return [
            *lines,
            f"c.JupyterHub.authenticator_class = '{ours}.DemoAuthenticator'",
            "c.DemoAuthenticator.instructors = secrets['instructors']",
        ]
    code = "secrets['code']" if terms.way_in == "code" else "''"
    return [
        *lines,
        f"c.JupyterHub.authenticator_class = '{ours}.ClassAuthenticator'",
        f"c.ClassAuthenticator.class_code = {code}",
        "c.ClassAuthenticator.instructors = secrets['instructors']",
        "c.ClassAuthenticator.allowed_failed_logins = 10",
        "c.ClassAuthenticator.seconds_before_next_try = 60",
    ]


def _oauth(terms: Terms) -> list[str]:
    """Somebody else's accounts: instructors, and whom the settings name besides; without such words nobody else."""
    name = terms.oauth_class.rpartition(".")[2]
    settings = dict(terms.oauth_settings)
    named = {*terms.instructors, *settings.pop("allowed_users", ())}
    lines = [f"c.JupyterHub.authenticator_class = {terms.oauth_class!r}", f"c.{name}.allowed_users = {sorted(named)!r}"]
    for key, value in settings.items():
        said = f"Path({value!r}).read_text().strip()" if key.endswith("_file") else repr(value)
        lines.append(f"c.{name}.{key.removesuffix('_file')} = {said}")
    return lines


def keep_ports(folder: Path, ports: Ports) -> None:
    """Note where they listen, for the next start."""
    records.write(folder / PORTS, asdict(ports))


def kept_ports(folder: Path) -> Ports | None:
    """Where they listened when they were started last."""
    known = records.read(folder / PORTS)
    return Ports(**known) if known else None
