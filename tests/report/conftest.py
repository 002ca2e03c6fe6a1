"""The report is tested on sweeps of the lab's small experiment."""

from tests.lab.conftest import fake_model, no_pictures, request_for  # noqa: F401
