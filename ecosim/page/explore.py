"""What `ecosim explore` does: writes the page as one file, or serves it on this computer."""

from __future__ import annotations

import contextlib
import secrets
import socket
import threading
import webbrowser
from importlib.util import find_spec

from ecosim.errors import InputError
from ecosim.progress import answer, say

#: What the server needs beyond ecosim itself.
_NEEDS = ("starlette", "uvicorn")


def explore(save_to: str | None = None, *, browser: bool = True, port: int = 0) -> None:
    """Write the page, or serve it until it is interrupted.

    Parameters
    ----------
    save_to : str, optional
        File to write; nothing is served then.
    browser : bool
        Whether a browser is opened.
    port : int
        Port on the loopback interface; 0 for a free one.

    Raises
    ------
    InputError
        If the extra is missing, the port is taken, or the file cannot be written.
    """
    if save_to is not None:
        from ecosim.page import data, save

        answer(str(save.save(save_to, data.start())))
        return
    if any(find_spec(name) is None for name in _NEEDS):
        raise InputError(
            "explore", problem=f"the server needs {' and '.join(_NEEDS)}",
            allowed='pip install -e ".[page]"; or without them: ecosim explore --save FILE.html',
        )  # fmt: skip
    _serve(browser, port)


def _serve(browser: bool, port: int) -> None:
    import uvicorn

    from ecosim.page.runs import Queue
    from ecosim.page.server import make_app

    bound = _bound(port)
    port = bound.getsockname()[1]
    token = secrets.token_urlsafe(24)
    queue = Queue()
    try:
        app = make_app(port, token, queue)
        address = f"http://127.0.0.1:{port}/#t={token}"
        answer(address)
        say("Open this address on this computer; Ctrl-C ends.")
        if browser:
            threading.Timer(0.5, webbrowser.open, [address]).start()
        config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False, lifespan="off",
                                timeout_graceful_shutdown=2, h11_max_incomplete_event_size=64 * 1024)  # fmt: skip
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[bound])
    finally:
        queue.close()
        bound.close()


def _bound(port: int) -> socket.socket:
    """A socket that only this computer reaches."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(("127.0.0.1", port))
        # whoever opens the address at once waits for the answer
        made.listen()
    except OSError as error:
        made.close()
        raise InputError("--port", port, problem=f"cannot be taken ({error.strerror or error})",
                         allowed="another, or none for a free one") from None  # fmt: skip
    return made
