"""What a seat tells others by itself: the board what it shows, the hub that somebody is there."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
import os
import sys
from typing import TYPE_CHECKING, Any

from ramlab.workshop import keys
from ramlab.workshop.hub_client import Unreachable, ask

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ramlab.workshop.sitting import Seat

BOARD_SECONDS = 5.0
"""Between two words to the board where nothing changes; what changes is told within a moment."""
MOMENT = 0.5
HUB_SECONDS = 60.0
REFUSED = 400


async def tell_board(seat: Seat, environment: Mapping[str, str] = os.environ) -> None:
    """Tell the board each change. When it is away it is told later: it is always told everything."""
    board = environment.get("RAMLAB_WORKSHOP_BOARD", "")
    if not board:
        return
    headers = {**_ours(environment), keys.HEADER: environment.get("RAMLAB_WORKSHOP_SEAT_KEY", "")}
    changed = asyncio.Event()
    seat.listeners.add(changed)
    try:
        while True:
            changed.clear()
            said = await _post(f"{board}/api/seat", seat.state(whole=False), headers)
            if isinstance(said.get("notes"), list):
                seat.take_notes(said["notes"])
            await asyncio.sleep(MOMENT)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), BOARD_SECONDS - MOMENT)
    finally:
        seat.listeners.discard(changed)


async def tell_hub(seat: Seat, environment: Mapping[str, str] = os.environ) -> None:
    """Tell the hub when the seat was last used: the culler ends those that nobody uses."""
    url = environment.get("JUPYTERHUB_ACTIVITY_URL", "")
    server = environment.get("JUPYTERHUB_SERVER_NAME", "")
    while url:
        used = dt.datetime.fromtimestamp(seat.used, dt.UTC).isoformat().replace("+00:00", "Z")
        await _post(url, {"servers": {server: {"last_activity": used}}, "last_activity": used}, _ours(environment))
        await asyncio.sleep(HUB_SECONDS)


def _ours(environment: Mapping[str, str]) -> dict[str, str]:
    return {"Authorization": f"token {environment.get('JUPYTERHUB_API_TOKEN', '')}", "Content-Type": "application/json"}


async def _post(url: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
    """What came back; nothing where nobody answered as we expect it."""
    try:
        status, said = await ask(url, "POST", headers, json.dumps(body))
    except Unreachable:
        return {}
    if status >= REFUSED:
        print(f"{url} answers {status}: {said}", file=sys.stderr)
    return said if isinstance(said, dict) else {}
