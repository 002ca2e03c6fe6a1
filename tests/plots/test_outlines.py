"""The outlines that ship are what the tool makes of the publisher's file."""

import importlib.util
import json
import os
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
spec = importlib.util.spec_from_file_location("build_outlines", ROOT / "tools" / "build_outlines.py")
tool = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tool)


def test_thinning_keeps_ends_and_corners():
    line = np.array([[0.0, 0.0], [1.0, 0.01], [2.0, 0.0], [2.0, 1.0], [2.0, 2.0]])
    np.testing.assert_array_equal(tool.thin(line), [[0, 0], [2, 0], [2, 2]])


def test_area_and_centre_of_a_square():
    ring = np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0], [0.0, 0.0]])
    assert tool.area(ring) == 4.0
    assert tool.centre(ring) == (1.0, 1.0)


@pytest.mark.skipif("ECOSIM_RAW" not in os.environ, reason="ECOSIM_RAW names the folder of the publishers' files")
def test_the_same_bytes():
    raw = json.loads((Path(os.environ["ECOSIM_RAW"]) / tool.RAW).read_text())
    assert json.loads(tool.DEFAULT_OUT.read_text()) == json.loads(json.dumps(tool.outlines(raw)))
