"""Results are read without what simulates: quickly, and without compiled code."""

import subprocess
import sys


def test_nothing_that_simulates_is_imported():
    program = (
        "import sys; import ecosim.report.page, ecosim.plots; "
        "print(*sorted(name for name in sys.modules "
        "if name.split('.')[0] in ('mesa', 'numba', 'hydra', 'pydantic') or name.startswith('ecosim.lab')))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
