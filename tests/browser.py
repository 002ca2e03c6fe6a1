"""A real browser for tests: Debian's chromium over a pipe, without a library between.

The protocol (Chrome DevTools) travels as JSON that ends with a zero byte: the browser reads from its third open file
and writes to its fourth.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

#: Names under which distributions install it.
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
    "--remote-debugging-pipe",
)  # fmt: skip
#: Millimetres of an A4 page, and points of an inch.
A4 = (210, 297)
_SECONDS = 120


class Browser:
    """One tab.

    Parameters
    ----------
    folder : Path
        Where the browser keeps what it must.
    """

    def __init__(self, folder: Path) -> None:
        name = next((found for name in NAMES if (found := shutil.which(name))), None)
        if name is None:
            pytest.skip(f"no browser is installed (one of {', '.join(NAMES)}; on Debian: apt-get install chromium)")
        to_browser, self._send = os.pipe()
        self._receive, from_browser = os.pipe()
        # a shell puts the two ends where the browser expects them
        script = f'exec "$0" "$@" 3<&{to_browser} 4>&{from_browser}'
        self._process = subprocess.Popen(
            ["bash", "-c", script, name, *_FLAGS, f"--user-data-dir={folder}/profile", "about:blank"],
            pass_fds=(to_browser, from_browser), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env={**os.environ, "HOME": str(folder)},
        )  # fmt: skip
        os.close(to_browser)
        os.close(from_browser)
        self._number, self._held, self._session = 0, b"", ""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.ask("Page.enable")

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol and wait for its answer."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._send, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return dict(answer["result"])

    def _next(self) -> dict[str, Any]:
        deadline = time.monotonic() + _SECONDS
        while b"\0" not in self._held:
            assert select.select([self._receive], [], [], max(0.0, deadline - time.monotonic()))[0], "no answer"
            read = os.read(self._receive, 1 << 20)
            assert read, "the browser has ended"
            self._held += read
        first, _, self._held = self._held.partition(b"\0")
        return dict(json.loads(first))

    def open(
        self, page: Path, *, width: int = 1280, height: int = 900, dark: bool = False, paper: bool = False
    ) -> None:
        """Show a file in a window of so many pixels, by day or by night, on the screen or as paper would have it."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                 mobile=width < 600)  # fmt: skip
        self._features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.ask("Emulation.setEmulatedMedia", media="print" if paper else "screen", features=self._features)
        self.ask("Page.navigate", url=page.resolve().as_uri())
        deadline = time.monotonic() + _SECONDS
        whole = "document.readyState == 'complete' && [...document.images].every(image => image.complete)"
        while not self.value(f"location.protocol == 'file:' && {whole}"):
            assert time.monotonic() < deadline, "the page does not load"
            time.sleep(0.05)

    def value(self, script: str) -> Any:
        """Value of an expression on the page."""
        found = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def picture(self, path: Path, *, whole: bool = True) -> Path:
        """Save what is seen as a PNG."""
        found = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(found["data"]))
        return path

    def pdf(self, path: Path) -> Path:
        """Print the page on A4."""
        self.ask("Emulation.setEmulatedMedia", media="print", features=self._features)
        width, height = (millimetres / 25.4 for millimetres in A4)
        found = self.ask("Page.printToPDF", paperWidth=width, paperHeight=height, preferCSSPageSize=False,
                         printBackground=True)  # fmt: skip
        path.write_bytes(base64.b64decode(found["data"]))
        return path

    def close(self) -> None:
        """End the browser."""
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(30)
        os.close(self._send)
        os.close(self._receive)
