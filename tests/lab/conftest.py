"""Fixtures of the lab's tests: a model with nothing inside, and a small experiment."""

import copy
import sys
from functools import cache
from pathlib import Path

import pytest

from ecosim.lab import store
from ecosim.lab.compose import Composed, compose_plain, load_plugins, make_request, plugin_module
from ecosim.report import drawing

FAKE = str(Path(__file__).with_name("fake_model.py"))

SMALL = (
    "world=classroom",
    "shocks=[diplomatic_rupture,supplier_loss]",
    "timeline.burn_in_months=12",
    "timeline.calm_months=6",
    "timeline.calm_jitter_months=3",
    "timeline.response_months=24",
    "experiment.name=small",
    "experiment.replicates=2",
    "experiment.factors={programme.tranches: [2, 3]}",
    # drawing takes longer than all else: those ask for figures that look at them
    "output.figures=false",
)

_code, _versions = cache(store.code_fingerprint), cache(store.versions)


@pytest.fixture
def fake_model(monkeypatch):
    """Replace the model, in this process and in workers, for one test."""
    from ecosim.lab import api

    before = sys.modules.get("ecosim.model")
    monkeypatch.setattr(api, "warm_kernels", lambda **_: None)
    # neither the package nor its libraries change while tests run: each sweep would read all of them again
    monkeypatch.setattr(store, "code_fingerprint", _code)
    monkeypatch.setattr(store, "versions", lambda: dict(_versions()))
    sys.modules.pop(plugin_module(Path(FAKE)), None)
    hashes = load_plugins([FAKE])
    yield hashes
    sys.modules.pop(plugin_module(Path(FAKE)), None)
    sys.modules.pop("ecosim.model", None)
    if before is not None:
        sys.modules["ecosim.model"] = before


@pytest.fixture
def no_pictures(monkeypatch):
    """Let reports compose their figures and render none, for tests that read the words beside them."""
    monkeypatch.setattr(drawing, "render", lambda figure, before=None: (b"png", b"svg"))


@pytest.fixture
def request_for(tmp_path, fake_model):
    """Make a request for the small experiment, with the fake model."""

    def make(*overrides, processes=0):
        folder = f"output.folder={tmp_path}/results"
        words = [*SMALL, folder, f"runner.processes={processes}", *overrides]
        if any(word.startswith("output.folder=") for word in overrides):
            return make_request(compose_plain(words), fake_model)
        # once for all tests that differ in nothing but the folder
        composed = _composed(tuple(word for word in words if word != folder))
        plain = copy.deepcopy(dict(composed))
        plain["output"]["folder"] = f"{tmp_path}/results"
        return make_request(Composed(plain, words, composed.config_dirs, composed.saved), fake_model)

    return make


_composed = cache(compose_plain)
