"""The report is tested on sweeps of the lab's small experiment."""

from tests.lab.conftest import fake_model, request_for  # noqa: F401
