"""A seat without a machine: the door alone, for what hub, proxy and door do together."""

import os
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route, WebSocketRoute

from ramlab.workshop.signing_in import Door

PREFIX = os.environ["JUPYTERHUB_SERVICE_PREFIX"]
door = Door(PREFIX)


@door.required
async def whose(request):
    return JSONResponse(
        {"seat": os.environ["JUPYTERHUB_USER"], "viewer": request.state.viewer["name"], "pid": os.getpid()}
    )


async def health(request):
    return JSONResponse({"ok": True})


async def environment(request):
    return JSONResponse(dict(os.environ))


async def terminal(websocket):
    viewer = await door.admits(websocket)
    if viewer is None:
        await websocket.close()
        return
    await websocket.accept()
    await websocket.send_text(viewer["name"])
    await websocket.close()


app = Starlette(
    middleware=door.middleware,
    routes=[
        Mount(
            PREFIX.rstrip("/"),
            routes=[
                *door.routes,
                Route("/", whose),
                Route("/api/health", health),
                Route("/api/environment", door.required(environment)),
                Route("/api/change", whose, methods=["POST"]),
                WebSocketRoute("/terminal/1", terminal),
            ],
        )
    ],
)

if __name__ == "__main__":
    place = urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
    uvicorn.run(app, host=place.hostname, port=place.port, log_level="warning", timeout_graceful_shutdown=2)
