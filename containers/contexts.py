"""The contexts of the docker command line: which engine it would speak to.

Read from its own files: the SDK finds no context as long as there is no config.json, which is not written before a
context is made the current one; DOCKER_CONTEXT can name one all the same.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from containers import tls
from containers.errors import HostCannot

if TYPE_CHECKING:
    from docker.tls import TLSConfig


def chosen() -> tuple[str, TLSConfig | None] | None:
    """The address and the TLS settings of the context that DOCKER_CONTEXT names, or else of the current one.

    None where that is the default one, which is no context. Raises HostCannot for one that is not there, or damaged;
    docker's TLSParameterError where its certificates are.
    """
    folder = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    name = os.environ.get("DOCKER_CONTEXT") or _current(folder / "config.json")
    if name == "default":
        return None
    entry = hashlib.sha256(name.encode()).hexdigest()
    path = folder / "contexts" / "meta" / entry / "meta.json"
    try:
        endpoint = json.loads(path.read_text())["Endpoints"]["docker"]
        host, skip = str(endpoint["Host"]), bool(endpoint.get("SkipTLSVerify"))
    except FileNotFoundError:
        raise HostCannot(
            f"there is no docker context {name!r}",
            hint="docker context ls shows them; docker context use default, or unset DOCKER_CONTEXT",
        ) from None
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise HostCannot(
            f"the docker context {name!r} is damaged: {path}: {error!r}", hint="docker context ls"
        ) from error
    return host, _certificates(folder / "contexts" / "tls" / entry / "docker", skip=skip)


def _current(path: Path) -> str:
    try:
        return str(json.loads(path.read_text()).get("currentContext") or "default")
    except (OSError, ValueError, AttributeError):
        return "default"


def _certificates(folder: Path, *, skip: bool) -> TLSConfig | None:
    """Each of them may be missing; with none at all it is no TLS, unless the address says so."""
    ca, cert, key = (str(path) if (path := folder / f"{name}.pem").exists() else None for name in ("ca", "cert", "key"))
    if not (ca or cert or key):
        return None
    return tls.config(ca, cert, key, verify=not skip)
