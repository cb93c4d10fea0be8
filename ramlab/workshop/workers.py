"""The four processes of a workshop: proxy, hub, board and culler, and what each is told."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

from ramlab.workshop.hub import CONFIGURATION
from ramlab.workshop.hub_api import Api
from ramlab.workshop.processes import Worker

if TYPE_CHECKING:
    from pathlib import Path

    from ramlab.workshop.hub import Ports, Secrets
    from ramlab.workshop.terms import Terms

MARK = "RAMLAB_WORKSHOP_FOLDER"
"""In the environment of each of them: which workshop's it is."""


class Workers:
    """All of one workshop, in the order in which they are started."""

    def __init__(
        self, terms: Terms, folder: Path, ports: Ports, secrets: Secrets, inside: str, proxy: list[str]
    ) -> None:
        self.api = Api(f"http://{_in_url(inside)}:{ports.hub}/hub/api", secrets.keeper)
        self.routes = Api(f"http://127.0.0.1:{ports.proxy}/api", secrets.proxy)
        self.board = Api(f"http://{_in_url(inside)}:{ports.board}/services/board/api", "")
        plain = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTERHUB_", "CONFIGPROXY_", "JPY_"))}
        plain[MARK] = str(folder)
        logs = folder / "logs"
        logs.mkdir(mode=0o700, exist_ok=True)

        def worker(name: str, argv: list[str], **environment: str) -> Worker:
            return Worker(name, argv, {**plain, **environment}, logs / f"{name}.log")

        python = [sys.executable, "-P", "-m"]
        hub = f"http://{_in_url(inside)}:{ports.hub}"
        service = {
            "JUPYTERHUB_API_URL": f"{hub}/hub/api",
            "JUPYTERHUB_BASE_URL": "/",
            "JUPYTERHUB_HOST": "",
        }
        tls = ["--ssl-key", terms.tls_key, "--ssl-cert", terms.tls_certificate] if terms.tls_key else []
        self.every = (
            worker(
                "proxy",
                [
                    *proxy, "--ip", terms.host, "--port", str(terms.port), "--api-ip", "127.0.0.1",
                    "--api-port", str(ports.proxy), "--default-target", hub,
                    "--error-target", f"{hub}/hub/error", "--log-level", "warn", *tls,
                ],
                CONFIGPROXY_AUTH_TOKEN=secrets.proxy,
            ),
            worker("hub", [*python, "ramlab.workshop.hub_main", "-f", str(folder / CONFIGURATION)]),
            worker(
                "board",
                [*python, "ramlab.workshop.board"],
                **service,
                JUPYTERHUB_SERVICE_NAME="board",
                JUPYTERHUB_SERVICE_PREFIX="/services/board/",
                JUPYTERHUB_SERVICE_URL=f"http://{_in_url(inside)}:{ports.board}",
                JUPYTERHUB_API_TOKEN=secrets.board,
                JUPYTERHUB_CLIENT_ID="service-board",
                JUPYTERHUB_OAUTH_CALLBACK_URL="/services/board/oauth_callback",
                JUPYTERHUB_OAUTH_ACCESS_SCOPES=json.dumps(["access:services!service=board"]),
                RAMLAB_WORKSHOP_TITLE=terms.title,
                RAMLAB_WORKSHOP_LABS=" ".join(terms.labs),
                RAMLAB_WORKSHOP_SEATS=str(terms.seats),
                RAMLAB_WORKSHOP_SEAT_SECRET=secrets.seats,
            ),
            worker(
                "culler",
                [*python, "jupyterhub_idle_culler", f"--timeout={terms.idle_minutes * 60}", "--cull-every=60"],
                **service,
                JUPYTERHUB_API_TOKEN=secrets.culler,
            ),
        )  # fmt: skip

    def well(self, worker: Worker) -> bool:
        """Whether it answers; the culler has nobody to answer."""
        if worker.name == "hub":
            return self.api.answers("/")
        if worker.name == "board":
            return self.board.answers("/health")
        return worker.alive and (worker.name != "proxy" or self.routes.answers("/routes"))


def _in_url(address: str) -> str:
    return f"[{address}]" if ":" in address else address
