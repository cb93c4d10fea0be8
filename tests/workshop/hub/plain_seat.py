"""A seat without a machine: the door alone, for what hub, proxy and door do together."""

import os
from functools import partial
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route, WebSocketRoute

from ramlab.workshop.signing_in import Door


async def whose(request):
    return JSONResponse(
        {"seat": os.environ["JUPYTERHUB_USER"], "viewer": request.state.viewer["name"], "pid": os.getpid()}
    )


async def health(request):
    return JSONResponse({"ok": True})


async def environment(request):
    return JSONResponse(dict(os.environ))


async def terminal(door, websocket):
    viewer = await door.admits(websocket)
    if viewer is None:
        await websocket.close()
        return
    await websocket.accept()
    await websocket.send_text(viewer["name"])
    await websocket.close()


def main():
    prefix = os.environ["JUPYTERHUB_SERVICE_PREFIX"]
    door = Door(prefix)
    routes = [
        *door.routes,
        Route("/", door.required(whose)),
        Route("/api/health", health),
        Route("/api/environment", door.required(environment)),
        Route("/api/change", door.required(whose), methods=["POST"]),
        WebSocketRoute("/terminal/1", partial(terminal, door)),
    ]
    app = Starlette(middleware=door.middleware, routes=[Mount(prefix.rstrip("/"), routes=routes)])
    place = urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
    uvicorn.run(app, host=place.hostname, port=place.port, log_level="warning", timeout_graceful_shutdown=2)
    return 0
