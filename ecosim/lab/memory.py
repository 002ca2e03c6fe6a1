"""How much memory a simulated world takes, how much there is, and how many workers fit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecosim.scenario import Scenario

GIB = 1024**3
#: Bytes of a worker with its libraries; for each organisation, entrants included, once and in each world; for what the
#: work of an organisation that is funded in the data leaves behind in a month, in each world. From peaks of windows of
#: `europe`, 2006 to 2020, with a twin: 885 MiB at scale 1 with 48,000 organisations, 517 MiB at scale .3 with 36,000.
_START, _PER_ORGANISATION, _PER_ORGANISATION_AND_WORLD, _PER_MONTH_OF_WORK = 350e6, 300.0, 350.0, 111.0
#: Bytes to measure the network of a window's table, for each organisation funded in the data: a window to 2016 takes
#: 1,055 MiB at scale 1 with it and 497 MiB at scale .3.
_PER_ORGANISATION_MEASURED = 37e3
#: Draws differ in how much work is unfunded.
_HEADROOM = 1.1
#: Share of the memory that is there which workers may take together.
_MOST_TAKEN = 0.9


def needed_bytes(scenario: Scenario, worlds: int = 1, measured: bool = False) -> int:
    """Peak memory of a process that simulates a scenario to its end.

    Parameters
    ----------
    scenario : Scenario
        What is simulated.
    worlds : int
        Worlds that are held at once: a history and what branches off it.
    measured : bool
        Whether the patterns of its participations are measured as well.
    """
    from ecosim.world import load_world

    config, months = scenario.world, scenario.calendar.months
    world = load_world(config)
    funded = float(world.organisations.sum()) * config.scale
    organisations = float(
        world.ever(
            config.scale * config.pool_factor, config.entrants_per_year, scenario.calendar.burn_in_months, months
        ).sum()
    )
    state = _PER_ORGANISATION_AND_WORLD * organisations + _PER_MONTH_OF_WORK * funded * months
    simulating = _HEADROOM * (_PER_ORGANISATION * organisations + worlds * state)
    return int(simulating) + bytes_to_measure(funded * measured)


def bytes_to_measure(organisations: float) -> int:
    """Peak memory of a process that measures the patterns of a table with so many organisations."""
    return int(_START + _PER_ORGANISATION_MEASURED * organisations)


def free_bytes() -> int | None:
    """Memory that processes may still take: what the system, or a container's limit, leaves; None if nobody says."""
    found = [value for value in (_of_system(), _of_container()) if value is not None]
    return min(found) if found else None


def _of_system() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError, IndexError):
        pass
    try:
        import psutil
    except ImportError:
        return None
    return int(psutil.virtual_memory().available)


def _of_container() -> int | None:
    """What the limit of a control group leaves (versions 2 and 1); None where there is none."""
    root = Path("/sys/fs/cgroup")
    for limit, used in (("memory.max", "memory.current"),
                        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes")):  # fmt: skip
        try:
            most, now = int((root / limit).read_text()), int((root / used).read_text())
        except (OSError, ValueError):
            continue
        # no limit is a very large number
        return max(most - now, 0) if most < 1 << 60 else None
    return None


def workers_that_fit(wanted: int, each_bytes: int, free: int | None) -> int:
    """As many of the workers wanted as the memory holds, and one at least.

    Examples
    --------
    >>> [workers_that_fit(4, GIB, free) for free in (None, 10 * GIB, 3 * GIB, GIB // 2)]
    [4, 4, 2, 1]
    """
    if free is None:
        return wanted
    return min(wanted, max(1, int(_MOST_TAKEN * free / each_bytes)))


def said(each_bytes: int, workers: int, wanted: int, free: int | None) -> str:
    """What a window takes, what there is, and how many workers start, in a line for people."""
    each = f"Memory: about {each_bytes / GIB:.1f} GiB a window"
    if free is None:
        return f"{each}."
    room = f"{each}, {free / GIB:.1f} GiB free"
    if _MOST_TAKEN * free < each_bytes:
        return f"{room}: this may not be enough; a smaller world.scale takes less."
    at_once = max(workers, 1)
    if workers < wanted:
        return f"{room}: {at_once} {'worker' if at_once == 1 else 'workers'} instead of {wanted}."
    return f"{room}; {at_once} at once."
