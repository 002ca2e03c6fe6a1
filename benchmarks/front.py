"""How soon the command line answers, beside the import of Mesa that it avoids."""

from __future__ import annotations

import subprocess
import sys
import time
from statistics import median

from benchmarks.measuring import Result, interleaved, median_ratio, process_options
from ecosim.cli import KINDS

ROUNDS = 7


def answers() -> list[Result]:
    """Time ``--help`` and ``list KIND`` against ``import mesa``, each in a process of its own."""
    commands = {
        "import mesa": ["-c", "import mesa"],
        "--help": ["-m", "ecosim", "--help"],
        **{f"list {kind}": ["-m", "ecosim", "list", kind] for kind in KINDS},
    }

    def call(arguments: list[str]) -> None:
        subprocess.run([sys.executable, *arguments], **process_options(), check=True)

    for arguments in commands.values():  # bytecode written, files in the disk cache
        call(arguments)
    times = interleaved(
        [lambda arguments=arguments: call(arguments) for arguments in commands.values()], ROUNDS, time.perf_counter
    )
    by_command = dict(zip(commands, times, strict=True))
    mesa_s = by_command.pop("import mesa")
    ratios = {name: median_ratio(seconds, mesa_s) for name, seconds in by_command.items()}
    seconds = {"import mesa": round(median(mesa_s), 3)} | {
        name: round(median(values), 3) for name, values in by_command.items()
    }
    slowest = max((name for name in ratios if name != "--help"), key=ratios.__getitem__)
    what = f"slowest `ecosim list KIND` ({slowest}) over `import mesa`"
    rounded = {name: round(ratio, 3) for name, ratio in ratios.items()}
    return [
        Result("help", "`ecosim --help` over `import mesa`", ratios["--help"], "at most", 0.1, "", seconds),
        Result("list", what, ratios[slowest], "at most", 0.6, "", rounded),
    ]
