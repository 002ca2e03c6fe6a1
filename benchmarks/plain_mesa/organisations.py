"""Organisations of the yardstick: agents that hold their own attributes."""

from __future__ import annotations

import math
from collections import deque
from typing import Any

import mesa

from benchmarks.plain_mesa.parts import Draft, Partnership, PlainTerms
from ecosim.tables import MEMORY

#: Staff this close to what is asked for is enough, whatever sums are rounded to.
NEARLY = 1.0 - 1e-9


class Organisation(mesa.Agent):
    """An organisation that leads, joins and works in partnerships."""

    #: Readiness to lead is read by this position: HES, REC, PRC, PUB, OTH.
    applied = False

    def __init__(
        self, model: mesa.Model, row: Any, shares: dict[int, float], topics: dict[int, float],
        knowledge: dict[int, float],
    ) -> None:  # fmt: skip
        super().__init__(model)
        self.country = int(row["country"])
        self.type = int(row["type"])
        self.size = float(row["size"])
        self.capability = float(row["capability"])
        self.capacity = int(row["capacity"])
        self.reserves_cents = int(model._setting.population.reserve_cents_per_size * self.size)
        #: By sector: where it stands on the circle of topics.
        self.topics = topics
        self.load = 0
        self.participations = 0
        self.experience = 0.0
        #: Past partnerships, the oldest forgotten first.
        self.past: deque[Partnership] = deque(maxlen=MEMORY)
        #: Where it stands among its country's organisations when only a share may be funded.
        self.standing = model.random.random()
        self.ideas: dict[int, tuple[int, float]] = {}
        search = model.config.behaviour.search
        #: Readiness to lead by sector, before experience, for calls and for unfunded work.
        self.funded_pull = {
            sector: search.coordinator_propensity[self.type] * (self.size * share) ** search.coordinator_size_power
            for sector, share in shares.items()
        }
        self.unfunded_pull = {sector: self.size * share for sector, share in shares.items()}
        #: People for contracted work (person-months a month), and of those how many are lost and not yet replaced.
        self.staff = 0.0
        self.gone = 0.0
        self._nothing_asked()
        #: By sector: what it knows, what it knows at rest, and researchers (in units of size) that hold it.
        self.knowledge = knowledge
        self.at_rest = dict(knowledge)
        self.researchers = self.unfunded_pull
        #: By sector: what knowledge adds to capability, and what was learnt this month.
        self.skill = dict.fromkeys(knowledge, 0.0)
        self.learnt = dict.fromkeys(knowledge, 0.0)

    def begin_month(self) -> None:
        """Earn up to the cap on reserves, and forget a little of how past work went."""
        model = self.model
        cap = int(model.reserve_cap_cents[self.country] * self.size)
        if self.reserves_cents < cap:
            self.reserves_cents += min(int(model.income_cents[self.country] * self.size), cap - self.reserves_cents)
        self.experience *= model.experience_kept
        self._nothing_asked()

    def _nothing_asked(self) -> None:
        """Begin to sum up what contracts ask for this month (person-months)."""
        #: By running contracts; by those that can be worked on; by running ones and those soon to start.
        self.contracted = self.at_work = self.planned = 0.0
        #: Found this month for contracts soon to start; contracted and not paid.
        self.hired = self.unpaid = 0.0

    def plan_for(self, person_months: float, months: int) -> None:
        """Look ahead to work that starts in so many months: people are found evenly over the months before."""
        hiring = self.model.config.behaviour.staff.hiring_months
        if months <= hiring:
            self.planned += person_months * ((hiring - months + 1) / hiring)
            self.hired += person_months / hiring

    def staffed(self) -> float:
        """Share of the people asked for this month that it has."""
        return 1.0 if self.staff >= self.at_work * NEARLY else self.staff / self.at_work

    def end_month(self) -> None:
        """Let people come and go, and knowledge grow and fade."""
        if self.staff or self.planned or self.gone:
            self._staff_follow()
        if self.model.config.mechanisms.learning:
            self._learn()

    def _staff_follow(self) -> None:
        rules = self.model.config.behaviour.staff
        self.gone *= 1.0 - 1.0 / rules.renewal_months
        unpaid = min(self.unpaid, self.contracted)
        if unpaid > 0.0:
            # Other work that is paid keeps people on.
            stay = rules.softening * min(1.0, (self.contracted - unpaid) / unpaid)
            left = rules.loss * (1.0 - stay) * self.staff * (unpaid / self.contracted)
            self.staff -= left
            self.gone += rules.gone * left
        wanted = self.planned - unpaid - self.gone
        if self.staff > self.planned:
            self.staff -= rules.leaving * (self.staff - self.planned)
            if self.staff < 1e-6:
                self.staff = 0.0
        elif self.staff < wanted:
            missing = wanted - self.staff
            self.staff += min(missing, self.hired + rules.recovery * max(0.0, missing - self.hired))
            if self.staff >= wanted * NEARLY:
                self.staff = wanted
        if self.gone < 1e-9:
            self.gone = 0.0

    def _learn(self) -> None:
        model = self.model
        fading, own_research, gain = model.knowledge_fading, model.own_research, model.capability_of_knowledge
        knowledge, skill, learnt = self.knowledge, self.skill, self.learnt
        for sector, rest in self.at_rest.items():
            known = knowledge[sector]
            knowledge[sector] = known = known + own_research * rest + learnt[sector] - fading * known
            skill[sector] = gain * math.log(known / rest)
            learnt[sector] = 0.0

    def may_lead(self, terms: PlainTerms) -> bool:
        """Whether a funder of these terms funds consortia led by this organisation."""
        return self.standing < terms.eligibility[self.country][self.country]

    def accepts(self, draft: Draft) -> bool:
        """Answer an invitation."""
        if self.load >= self.capacity:
            return False
        return self.random.random() < self.model.acceptance[draft.lead.country][self.country][draft.sector]

    def idea(self, sector: int, year: int) -> float:
        """Quality of its idea in a sector this year: thought of once a year."""
        had = self.ideas.get(sector)
        if had is None or had[0] != year:
            had = self.ideas[sector] = (year, self.random.gauss(0.0, 1.0))
        return had[1]

    def fit(self, sector: int, topic: float) -> float:
        """How well its knowledge fits a topic, 0 to 1; 0 if it knows nothing of the sector."""
        own = self.topics.get(sector)
        return 0.0 if own is None else self.model.fitness(topic, own)

    def capability_in(self, sector: int) -> float:
        """Its capability, with what its knowledge of a sector adds."""
        return self.capability + self.skill.get(sector, 0.0)

    def quality(self, sector: int, fit: float) -> float:
        """What it adds to the quality of work, before the mean over members."""
        programme = self.model.config.programme
        return programme.capability_weight * self.capability_in(sector) + programme.fit_weight * fit

    def past_partner(self) -> Organisation | None:
        """A random member of a random past partnership."""
        if not self.past:
            return None
        return self.random.choice(self.random.choice(self.past).seats).organisation


class University(Organisation):
    """Universities (HES)."""


class ResearchInstitute(Organisation):
    """Research institutes (REC)."""

    applied = True


class Firm(Organisation):
    """Firms (PRC)."""

    applied = True


class PublicOrganisation(Organisation):
    """Public and other organisations (PUB, OTH)."""


#: By type: HES, REC, PRC, PUB, OTH.
CLASSES = (University, ResearchInstitute, Firm, PublicOrganisation, PublicOrganisation)
