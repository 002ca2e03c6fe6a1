"""The local server: the page, its data, and runs; for this computer and this page alone."""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from ecosim.errors import InputError
from ecosim.page import ask, data, save
from ecosim.page.runs import Queue

#: Header in which the page sends the token of its address back.
TOKEN = "X-Ecosim-Token"
#: Names under which this computer may be asked: another name that leads here is somebody else's page.
HOSTS = ("127.0.0.1", "localhost", "[::1]")
#: What the page may do: run what is in it, and ask this server.
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'unsafe-inline' blob:; worker-src blob:; style-src 'unsafe-inline'; "
        "img-src data: blob:; font-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}  # fmt: skip


class OwnOriginOnly:
    """Refuse what another page, another name or another computer asks, before anything is read.

    Parameters
    ----------
    app : ASGIApp
        What is guarded.
    port : int
        Port of the server.
    token : str
        Asked of everything but the page itself.
    """

    def __init__(self, app: ASGIApp, port: int, token: str) -> None:
        self.app, self.token = app, token
        self.hosts = frozenset(f"{host}:{port}" for host in HOSTS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or refuse."""
        if scope["type"] != "http":
            # no web sockets; what starts and ends the server passes
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        request = Request(scope)

        async def with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []),
                                      *((k.lower().encode(), v.encode()) for k, v in _HEADERS.items())]  # fmt: skip
            await send(message)

        problem = self._problem(request)
        if problem:
            await _error(problem, 403)(scope, receive, with_headers)
            return
        await self.app(scope, receive, with_headers)

    def _problem(self, request: Request) -> str:
        host = request.headers.get("host", "")
        origin = request.headers.get("origin")
        if host not in self.hosts:
            return "this server answers only as 127.0.0.1 or localhost"
        if origin is not None and origin != f"http://{host}":
            return "this server answers only its own page"
        if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return "this server answers only its own page"
        given = request.headers.get(TOKEN, "")
        if request.url.path.startswith("/api/") and not hmac.compare_digest(given.encode(), self.token.encode()):
            return "the address lacks its token; open the one that `ecosim explore` printed"
        return ""


def _error(line: str, status: int = 400) -> JSONResponse:
    return JSONResponse({"error": " ".join(line.split())}, status)


Handler = Callable[[Request], Awaitable[Response]]


def _lines(handler: Handler) -> Handler:
    """Bad input is one line; what should not happen is one as well, without what lies behind."""

    async def answered(request: Request) -> Response:
        try:
            return await handler(request)
        except InputError as error:
            return _error(str(error))
        except Exception as error:
            return _error(f"this went wrong in ecosim ({type(error).__name__})", 500)

    return answered


async def _text(request: Request) -> str:
    """The body as text.

    Raises
    ------
    InputError
        If it is longer than any that the page sends, or no text.
    """
    content = b""
    async for chunk in request.stream():
        content += chunk
        if len(content) > ask.MOST_BYTES:
            raise InputError("run", problem="is too long", allowed=f"at most {ask.MOST_BYTES:,} bytes")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise InputError("run", problem="is no text in UTF-8") from None


async def _json(request: Request) -> Any:
    try:
        return json.loads(await _text(request))
    except (ValueError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError("run", problem="is no JSON") from None


def make_app(port: int, token: str, queue: Queue, start: dict[str, Any] | None = None) -> Starlette:
    """The application.

    Parameters
    ----------
    port : int
        Port it is asked on.
    token : str
        Secret of its page.
    queue : Queue
        Where runs go.
    start : dict, optional
        The data object; by default the grid that ships.
    """
    page = save.shell()
    first: list[bytes] = []

    def begin() -> bytes:
        if not first:
            whole = start if start is not None else data.start(source="server")
            first.append(json.dumps(whole, ensure_ascii=False, allow_nan=False).encode())
        return first[0]

    async def shell(request: Request) -> Response:
        return HTMLResponse(page)

    async def api_start(request: Request) -> Response:
        return Response(await run_in_threadpool(begin), media_type="application/json")

    async def api_run(request: Request) -> Response:
        body = await _json(request)
        name = await run_in_threadpool(lambda: queue.start(ask.read(body)))
        return JSONResponse({"run": name}, 202)

    async def api_look(request: Request) -> Response:
        name = request.path_params["name"]
        if request.method == "DELETE":
            return JSONResponse({"cancelled": queue.cancel(name)})
        told = queue.look(name)
        return JSONResponse(told, 404 if told["state"] == "gone" else 200)

    async def api_yaml(request: Request) -> Response:
        body = await _json(request)
        extra = {name: body.pop(name) for name in ("side", "draw") if isinstance(body, dict) and name in body}
        text = await run_in_threadpool(lambda: _saved(body, extra))
        return PlainTextResponse(text, media_type="application/yaml")

    async def api_read(request: Request) -> Response:
        text = await _text(request)
        asked = await run_in_threadpool(lambda: ask.from_yaml(text))
        return JSONResponse(asked.body())

    routes = [
        Route("/", shell),
        Route("/api/start", _lines(api_start)),
        Route("/api/run", _lines(api_run), methods=["POST"]),
        Route("/api/run/{name:str}", _lines(api_look), methods=["GET", "DELETE"]),
        Route("/api/yaml", _lines(api_yaml), methods=["POST"]),
        Route("/api/read", _lines(api_read), methods=["POST"]),
    ]
    return Starlette(routes=routes, middleware=[Middleware(OwnOriginOnly, port=port, token=token)])


def _saved(body: Any, extra: dict[str, Any]) -> str:
    asked = ask.read(body)
    draw = extra.get("draw", 0)
    if isinstance(draw, bool) or not isinstance(draw, int) or not 0 <= draw < asked.draws:
        raise InputError("draw", str(draw), problem="out of range", allowed=f"0 to {asked.draws - 1}")
    return ask.to_yaml(asked, str(extra.get("side", "a")), draw)
