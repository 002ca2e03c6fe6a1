"""The facts a run starts from: read-only arrays over countries, organisation types and sectors.

Everything here is computed from published data by ``tools/build_world.py`` and documented column by column in
``docs/DATA.md``. A :class:`World` is shared, unchanged, by every run, fork and thread of a process.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

#: Organisation types, in the order of every array axis "type" (CORDIS activity types).
ORGANISATION_TYPES: tuple[str, ...] = ("HES", "REC", "PRC", "PUB", "OTH")

#: Sectors, in the order of every array axis "sector" (groups of Horizon 2020 programme parts).
SECTORS: tuple[str, ...] = (
    "health",
    "food",
    "energy",
    "transport",
    "climate",
    "societies",
    "security",
    "digital_and_industrial",
    "frontier",
    "infrastructures",
)

#: Sectors whose research is mostly basic (assumed); the others are applied.
BASIC_SECTORS: tuple[str, ...] = ("societies", "frontier", "infrastructures")

#: Sizes of firms, in the order of every array axis "firm size".
FIRM_SIZES: tuple[str, ...] = ("small", "large")

#: Programme part written to a CORDIS-shaped table for each sector.
PROGRAMME_PARTS: tuple[str, ...] = ("SC1", "SC2", "SC3", "SC4", "SC5", "SC6", "SC7", "LEIT", "FET", "RI")

#: Kinds of input, in the order of every array axis "input".
INPUTS: tuple[str, ...] = ("electronics", "instruments", "materials", "pharmaceuticals", "cloud")

#: The same for people.
INPUT_NAMES: dict[str, str] = {
    "electronics": "electronics and chips",
    "instruments": "instruments",
    "materials": "chemicals and materials",
    "pharmaceuticals": "pharmaceuticals",
    "cloud": "cloud and compute",
}

#: Bought goods, which need a laboratory or a pilot site; what is not is rented by the month and used at any desk.
PHYSICAL: NDArray[np.bool_] = np.array([kind != "cloud" for kind in INPUTS])

#: The four parts of regulation, in the order of the axis "part".
REGULATION_PARTS: tuple[str, ...] = ("ethics", "product_standards", "privacy", "environment")

#: Income groups of the World Bank, the poorest first; the first two are "low income" here.
INCOME_GROUPS: tuple[str, ...] = ("L", "LM", "UM", "H")

#: Year at which facts and memberships stand.
REFERENCE_YEAR = 2014

#: Code of the aggregated rest of the world: a remainder, not a country that anything happens to as one.
REST_CODE = "ROW"

#: What one observed consortium looked like; sampled whole so that the joint distribution is kept.
CONSORTIUM_SHAPE = np.dtype(
    [
        ("sector", np.int8),
        ("size", np.int16),
        ("countries", np.int16),
        ("duration_months", np.int16),
        ("grant_eur", np.int64),
        # Members by type and the type of the coordinator; all 0 where nobody counted, and then any may join.
        ("coordinator", np.int8),
        ("HES", np.int16),
        ("REC", np.int16),
        ("PRC", np.int16),
        ("PUB", np.int16),
        ("OTH", np.int16),
        # Chance that one like it grows out of an earlier one.
        ("core_chance", np.float32),
        # Chance that one like it is put together with another that starts in the same month.
        ("sibling_chance", np.float32),
        # Members that would come from either.
        ("core_members", np.int16),
        # The circle of consortia it is one of; 0 none.
        ("circle", np.int16),
        # Year in which it started; 0 where nobody says, and then one of any year.
        ("start_year", np.int16),
    ],
    align=True,
)


@dataclass(frozen=True, eq=False)
class World:
    """Facts about C countries, T organisation types and S sectors.

    All matrices over countries are indexed ``[from, to]`` and have ones or zeros (as named) on the diagonal. Arrays
    are read-only.
    """

    name: str
    #: ISO 3166 alpha-3 codes; ``"ROW"`` for the aggregated rest of the world (never a target).
    countries: tuple[str, ...]
    #: English names, one per country.
    country_names: tuple[str, ...]
    #: Codes as CORDIS writes them (ISO 2 with ``UK`` and ``EL``; ``ZZ`` for the rest).
    cordis_codes: tuple[str, ...]

    # ---- one value per country, shape (C,)
    #: Share of programme participations in the reference window; sums to 1.
    participation_share: NDArray[np.float64]
    #: Full-time-equivalent researchers (thousands).
    researchers_thousand: NDArray[np.float64]
    gdp_busd: NDArray[np.float64]
    gerd_share_of_gdp: NDArray[np.float64]
    #: Worldwide Governance Indicators mean, 0 to 1.
    governance: NDArray[np.float64]
    #: 1 where the country is classed as less research-intensive (widening) or low-income: "peripheral".
    peripheral: NDArray[np.bool_]
    #: Low or lower-middle income in the reference year (World Bank, by income per head).
    low_income: NDArray[np.bool_]
    #: Index into ``bloc_names``: one political bloc per country, a partition.
    bloc: NDArray[np.int8]
    #: Programme standing at the reference date: 1 member or associated, in (0, 1) partly funded, 0 not eligible.
    programme_standing: NDArray[np.float64]
    #: May be drawn as the target of a shock (at least 1 % of participations; never the rest).
    may_be_target: NDArray[np.bool_]

    # ---- pairs, shape (C, C)
    #: Population-weighted; on the diagonal the mean distance within the country.
    distance_km: NDArray[np.float64]
    common_language: NDArray[np.bool_]
    contiguous: NDArray[np.bool_]
    colonial_tie: NDArray[np.bool_]
    #: Same bloc treaty area with free movement, common rules (EU/EEA and by-treaty partners).
    common_rules: NDArray[np.bool_]
    #: Distance of UN ideal points (0 on the diagonal).
    ideal_point_distance: NDArray[np.float64]
    #: Cleaned sanctions in force at the reference date, 0 to 1.
    sanctions: NDArray[np.float64]
    #: Visa need of a citizen of the first country in the second: 0 none, 0.5 on arrival or electronic, 1 visa.
    visa_need: NDArray[np.float64]
    embassies: NDArray[np.int16]
    consulates: NDArray[np.int16]
    #: Works co-authored a year, mean of the five years before the reference date; in a world at its own size, of the
    #: years it is fed.
    copublications: NDArray[np.float64]
    #: Mutual adequacy of data protection, 0 to 1 (1 within a common privacy regime).
    data_adequacy: NDArray[np.float64]
    #: Shared export-control regime membership, 0 to 1.
    export_control_alignment: NDArray[np.float64]

    # ---- inputs by kind, shape (I, C)
    #: Share of what a country's research users buy of a kind that comes from abroad.
    foreign_input_share: NDArray[np.float64]
    #: Share of the world's sales of a kind across borders; rows sum to 1.
    supplier_share: NDArray[np.float64]
    #: Share of all that is bought of a kind in this world, by whomever; rows sum to 1.
    demand_share: NDArray[np.float64]

    # ---- organisations
    #: Organisations funded in the reference window, shape (C, T); in a world at its own size, those that would be were
    #: the programme everywhere what it is at home, with participations by how much each does.
    organisations: NDArray[np.int32]
    #: Their participations, shape (C, T).
    participations: NDArray[np.int32]
    #: Most participations of one organisation of each type, shape (T,).
    most_participations: NDArray[np.int32]
    #: Tail exponent of participations of each type beside that of all organisations, shape (T,).
    relative_tail: NDArray[np.float64]
    #: Participations of an organisation in each further sector, as a share of those in the one before, shape (T,).
    next_sector_share: NDArray[np.float64]
    #: Organisations that could have been funded, per organisation that was, shape (T,); at least 1.
    pool_per_funded: NDArray[np.float64]

    # ---- sectors
    #: Share of participations by type in each sector, shape (S, T); rows sum to 1.
    sector_type_share: NDArray[np.float64]
    #: Share of each country's participations by sector, shape (C, S); rows sum to 1 (shrunk towards the mean).
    country_sector_share: NDArray[np.float64]
    #: Share of coordinators by type, shape (T,).
    coordinator_type_share: NDArray[np.float64]
    #: Share of programme money by sector, shape (S,); sums to 1.
    sector_money_share: NDArray[np.float64]
    #: Share of each sector's work that needs a kind of input, 0 to 1 (assumed; see DATA.md), shape (S, I).
    input_intensity: NDArray[np.float64]
    #: Part of the work that needs inputs which cannot go on without them, 0 to 1 (assumed), shape (S,).
    input_criticality: NDArray[np.float64]
    #: How far progress depends on shared data, 0 to 1 (assumed), shape (S,).
    data_intensity: NDArray[np.float64]
    #: Share of work under export control, 0 to 1 (assumed), shape (S,).
    technology_sensitivity: NDArray[np.float64]
    #: Weight of the four parts of regulation, shape (S, 4); rows sum to 1 (assumed).
    regulation_weight: NDArray[np.float64]

    # ---- the programme
    #: Observed consortia of the reference window, dtype ``CONSORTIUM_SHAPE``.
    consortium_shapes: NDArray[np.void]
    #: Share of project starts by calendar month, shape (12,), January first.
    start_month_share: NDArray[np.float64]
    #: Programme contribution committed per month in the reference window (EUR).
    appropriation_eur_per_month: float

    bloc_names: tuple[str, ...]
    #: ``{"column": ("ISO", ...)}``: which values were imputed.
    imputed: dict[str, tuple[str, ...]]

    #: ``sanctions`` as they stood at the close of the reference window, shape (C, C): what history did next, for
    #: checks and historical shocks; empty where a world has no history.
    sanctions_window_end: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 0)))
    #: Whether every country works at its own size (:mod:`ecosim.world.own_size`), not as the programme knows it.
    own_size: bool = False
    #: Pairs of which nothing but the totals of their countries may be used, shape (C, C); empty for none.
    hidden_pairs: NDArray[np.bool_] = field(default_factory=lambda: np.zeros((0, 0), dtype=np.bool_))

    @property
    def n_countries(self) -> int:
        """Number of countries."""
        return len(self.countries)

    @property
    def pool(self) -> NDArray[np.float64]:
        """(C, T): organisations that could be funded, by country and type."""
        return np.asarray(self.organisations * self.pool_per_funded)

    def at_start(self, size: float, entrants_per_year: float, months_before: int) -> NDArray[np.float64]:
        """Expected organisations with which a run begins, (C, T); the pool has its size when the burn-in ends.

        Parameters
        ----------
        size : float
            The world's scale times its pool factor.
        entrants_per_year : float
            As a share of those there at the start.
        months_before : int
            Months of burn-in.
        """
        return self.pool * size / (1.0 + entrants_per_year * months_before / 12.0)

    def ever(self, size: float, entrants_per_year: float, months_before: int, months: int) -> NDArray[np.float64]:
        """Expected organisations that a run of so many months ever has, entrants included, (C, T)."""
        return self.at_start(size, entrants_per_year, months_before) * (1.0 + entrants_per_year * months / 12.0)

    @property
    def named(self) -> NDArray[np.bool_]:
        """(C,): countries; false for the aggregated rest of the world."""
        return np.array([code != REST_CODE for code in self.countries], dtype=np.bool_)

    @property
    def rd_busd(self) -> NDArray[np.float64]:
        """(C,): what a country spends on R&D, billion USD a year."""
        return self.gdp_busd * self.gerd_share_of_gdp

    @property
    def research_share(self) -> NDArray[np.float64]:
        """(C,): each country's part of the research done here: of the programme, or of R&D money at its own size."""
        return self.rd_busd / self.rd_busd.sum() if self.own_size else self.participation_share

    @property
    def physical_intensity(self) -> NDArray[np.float64]:
        """(S,): share of a sector's work that needs goods: laboratories and pilots, against desk work."""
        return np.asarray(self.input_intensity[:, PHYSICAL].max(axis=1))

    @cached_property
    def purchases(self) -> NDArray[np.float64]:
        """(I, C, C): share of what the first country buys of a kind that comes from the second; rows sum to 1.

        Abroad it buys by the suppliers' shares of the world's sales; at home, where nobody else sells, all of it.
        """
        others = self.supplier_share.sum(axis=1)[:, None] - self.supplier_share
        foreign = np.where(others > 1e-12, self.foreign_input_share, 0.0)
        bought = self.supplier_share[:, None, :] * (foreign / np.where(others > 1e-12, others, 1.0))[:, :, None]
        place = np.arange(self.n_countries)
        bought[:, place, place] = 1.0 - foreign
        # worlds differ in how their facts lie in memory, and to compiled loops another order is another type
        bought = np.ascontiguousarray(bought)
        bought.setflags(write=False)
        return bought

    def country_index(self, code: str) -> int:
        """Position of an ISO 3 code.

        Raises
        ------
        KeyError
            If the code is not in this world.
        """
        try:
            return self.countries.index(code)
        except ValueError:
            raise KeyError(code) from None
