"""Participation tables: who takes part in which project, read from whatever form an analyst has, and written as CORDIS.

One file per stage: ``opening`` finds and opens what was given, ``text`` makes cells of it, ``columns`` recognises the
header, ``values`` reads money, dates and identifiers, ``codes`` countries, roles, types and programme parts,
``reading`` puts rows and projects together and says what was read, ``writing`` writes the two files of CORDIS.
"""

from __future__ import annotations

from ecosim.world.participations.columns import REQUIRED
from ecosim.world.participations.opening import content_digest
from ecosim.world.participations.reading import Reading, read, read_participations
from ecosim.world.participations.writing import write_cordis

__all__ = ["REQUIRED", "Reading", "content_digest", "read", "read_participations", "write_cordis"]
