"""Joint testbed."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ecosim.channels.handles import Handles
from ecosim.config.schema import parameter
from ecosim.instruments.base import AssetInstrument, AssetKind, closed_share
from ecosim.world.facts import World


class JointTestbed(AssetInstrument):
    """The owner runs a testbed with shared equipment and data in the host, for organisations of both.

    Whoever joins a running partnership finds equipment, data and people that know them, and works sooner.

    Notes
    -----
    One platform is one point of failure: all of it stands in the host. If the host closes to the owner it does nothing,
    and if that lasts it is lost. A shared repository is a preset.
    """

    kind = "joint_testbed"
    summary = "A testbed in the host, with shared equipment and data, so that new members work sooner."
    improves = frozenset({"friction_replace"})
    price = "One platform is one point of failure: a fixed cost, and all is lost if the host closes."
    evidence = "C"
    evidence_reason = "Shared infrastructure is recommended after bilateral grants end; no study measures its effect."
    builds: ClassVar[AssetKind] = "testbed"
    passage = "By coordinating joint testbeds and shared repositories of data and hardware"
    example: ClassVar[dict[str, Any]] = {"monthly_eur": 1e6}

    monthly_eur: float = parameter(
        250_000.0, "Money spent on it a month at full scale, over all pairs.", unit="EUR/month", bounds=(0.0, 1e9)
    )
    limit: float = parameter(
        0.4, "Largest share of the months until a new member works that it spares.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.0, 0.7),
    )  # fmt: skip
    eur_per_organisation: float = parameter(
        60.0, "Running money a month per organisation of a country, at which 63 % of the limit is reached.",
        unit="EUR/month/organisation", bounds=(0.1, 1e6), assumed=(15.0, 240.0), prior="log_uniform",
    )  # fmt: skip

    def push(self, handles: Handles, world: World, stock_eur: NDArray[np.float64]) -> None:
        """Shorten the months until a new member works, in owners and in hosts."""
        running = self.aimed(world, stock_eur)
        each = self.eur_per_organisation * world.organisations.sum(axis=1).astype(np.float64)
        handles.lower("friction_replace", closed_share(running.sum(axis=0) + running.sum(axis=1), each, self.limit))


class SharedRepository(JointTestbed):
    """Data and hardware of both stand in one repository in the host: a preset of the joint testbed, cheaper to build.

    It pools what partners bring, so that whoever joins finds it; cases of health are shared by an agreement of their
    own.
    """

    kind = "shared_repository"
    summary = "A repository in the host with data and hardware of both: a testbed that is cheaper to build and to run."
    builds: ClassVar[AssetKind] = "repository"
    passage = "shared repositories of data and hardware"

    build_eur: float = parameter(
        500_000.0, "What building one costs.", unit="EUR", bounds=(0.0, 1e9), assumed=(125_000.0, 2_000_000.0)
    )
    running_eur: float = parameter(
        25_000.0, "What running one costs a month.", unit="EUR/month", bounds=(1.0, 1e8), assumed=(10_000.0, 60_000.0)
    )
    limit: float = parameter(
        0.25, "Largest share of the months until a new member works that it spares.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.0, 0.5),
    )  # fmt: skip
