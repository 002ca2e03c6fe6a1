"""Everything of the stages that changes during a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ecosim.pipeline.tables import ADOPTION, CLAIM, OWNER, SITE, TECHNOLOGY
from ecosim.tables import SUPPLY, Table


def _table(dtype: object) -> Table:
    return Table(dtype, 8)  # type: ignore[arg-type]


class PipelineRows(NamedTuple):
    """The tables of the stages as compiled loops take them, room for more rows included; see :class:`Pipeline`."""

    technologies: NDArray[np.void]
    sites: NDArray[np.void]
    supplies: NDArray[np.void]
    owners: NDArray[np.void]
    adoption: NDArray[np.void]


@dataclass
class Pipeline:
    """What completed research left behind; empty while ``mechanisms.stages`` is off."""

    technologies: Table = field(default_factory=lambda: _table(TECHNOLOGY))
    #: Sites of pilots, what each needs of each kind of input, owners, adopters by country, and loans and stakes; a
    #: technology's rows follow one another.
    sites: Table = field(default_factory=lambda: _table(SITE))
    supplies: Table = field(default_factory=lambda: _table(SUPPLY))
    owners: Table = field(default_factory=lambda: _table(OWNER))
    adoption: Table = field(default_factory=lambda: _table(ADOPTION))
    claims: Table = field(default_factory=lambda: _table(CLAIM))
    #: Cents that investors are still to be paid for losses the public bears.
    guarantees_owed: int = 0

    @property
    def rows(self) -> PipelineRows:
        """The tables for compiled loops; to be asked for anew once a table was given more room."""
        return PipelineRows(
            self.technologies.rows, self.sites.rows, self.supplies.rows, self.owners.rows, self.adoption.rows
        )

    def copy(self) -> Pipeline:
        """An independent copy."""
        return Pipeline(
            self.technologies.copy(),
            self.sites.copy(),
            self.supplies.copy(),
            self.owners.copy(),
            self.adoption.copy(),
            self.claims.copy(),
            self.guarantees_owed,
        )
