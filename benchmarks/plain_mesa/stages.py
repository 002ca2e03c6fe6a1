"""Stages of the yardstick: what completed research leaves behind, one technology at a time."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import mesa

from benchmarks.plain_mesa.parts import Partnership, PlainFunder
from benchmarks.plain_mesa.supplies import Site
from ecosim.pipeline.approvals import agreement
from ecosim.pipeline.inputs import MOST_SITES
from ecosim.tables import COMPLETED, GIVEN_UP, IN_USE, PILOT, SCALE_UP, SEEKING
from ecosim.world.facts import REGULATION_PARTS

if TYPE_CHECKING:
    from benchmarks.plain_mesa.organisations import Organisation

#: Whatever sums are rounded to, this much of a month is none.
HARDLY = 1e-9


@dataclass(slots=True, eq=False)
class Payer:
    """A funder of what comes after research: a bank or a fund."""

    funder: PlainFunder
    kind: Any
    #: By country: whether it is at home there, and how far a fund goes there.
    home: list[bool]
    appetite: list[float]
    #: Private money pledged to a fund a month, and what of it waits to be used.
    private_cents: int
    pledged_cents: int = 0
    #: What a bank owes its lenders for loans that were lost.
    debt_cents: int = 0


@dataclass(slots=True, eq=False)
class Claim:
    """A loan or a stake."""

    payer: Payer | None
    loan: bool
    public_cents: int
    #: Of a loan: borrowed by the bank.
    private_cents: int
    repaid_cents: int = 0
    #: Of this, to those from whom the bank borrowed.
    repaid_private_cents: int = 0

    @property
    def cents(self) -> int:
        """All of it."""
        return self.public_cents + self.private_cents


@dataclass(slots=True, eq=False)
class PilotSite:
    """A place where a pilot runs."""

    place: Site
    climate: int
    #: Months to approve it, and how many of them are over.
    approval_months: float
    approved_month: int | None
    setup_left: float
    approval_done: float = 0.0
    months_run: float = 0.0
    #: Of a month's run, what inputs and people allow.
    able_now: float = 0.0

    @property
    def country(self) -> int:
        """Where it stands."""
        return self.place.country


@dataclass(slots=True, eq=False)
class Owner:
    """Who did a share of the research."""

    organisation: Organisation
    country: int
    share: float


@dataclass(slots=True, eq=False)
class Technology:
    """What completed research left to try."""

    sector: int
    country: int
    began_month: int
    since_month: int
    quality: float
    #: Whether its research had a public grant.
    granted: bool
    needs_approval: bool
    owners: list[Owner]
    sites: list[PilotSite]
    stage: int = PILOT
    claims: list[Claim] = field(default_factory=list)
    #: Whether a bank has lent to the approved pilot, and to the proven technology.
    pilot_lent: bool = False
    proof_lent: bool = False
    #: Lent and not yet spent, and what its sales still have to pay back.
    purse_cents: int = 0
    owed_cents: int = 0
    progress: float = 0.0
    venture: bool = False
    flow_now: float = 1.0
    #: Known once the pilot is over: how open each country's market is to it, and the share of all that are.
    open_to: list[float] = field(default_factory=list)
    market: float = 0.0
    #: By country: share of those who could use it that do.
    adopted: list[float] = field(default_factory=list)


class Stages:
    """Everything after research, and the country-level tables at rest that it reads.

    Parameters
    ----------
    model : mesa.Model
        Whose organisations own technologies, pay and earn.
    """

    def __init__(self, model: mesa.Model) -> None:
        self.model, self.random = model, model.random
        setting = model._setting
        self.rules = setting.config.behaviour.stages
        base, facts = setting.base, setting.stages.arrays
        self.applied, self.patents, self.need = facts.applied.tolist(), facts.patents.tolist(), facts.need.tolist()
        self.climates, self.income_share = facts.climates.tolist(), facts.income_share.tolist()
        self.agreed = agreement(base.regulation).tolist()
        self.standards = base.regulation[REGULATION_PARTS.index("product_standards")].tolist()
        self.recognition = base.recognition.tolist()
        self.pace_of_approval = base.approval_months.tolist()
        self.private_money = base.private_money.tolist()
        self.royalty_share = base.royalty_share.tolist()
        self.pilot_sites = base.pilot_sites.tolist()
        self.site_start = base.site_start.tolist()
        self.payers = [
            Payer(
                model.funders[payer.funder], payer.kind, payer.home.tolist(),
                payer.kind.appetite(base, payer.home, facts.income_share).tolist() if payer.kind.pays == "equity"
                else [], payer.private_cents,
            )
            for payer in setting.stages.payers
        ]  # fmt: skip
        self.banks = [payer for payer in self.payers if payer.kind.pays == "loan"]
        self.funds = [payer for payer in self.payers if payer.kind.pays == "equity"]
        #: What is tried or seeks money, the oldest first; and what is in use.
        self.trying: list[Technology] = []
        self.in_use: list[Technology] = []

    def advance(self) -> None:
        """Let every technology go a month on."""
        model, now = self.model, self.model.now
        now["pilots"] = now["pilot_months"] = 0
        for bank in self.banks:
            self._settle_debt(bank)
        if model.awards_open():
            for fund in self.funds:
                self._pledge(fund)
            for bank in self.banks:
                self._lend(bank)
        for technology in self.trying:
            if technology.stage == PILOT:
                self._try(technology)
            else:
                self._supply(technology)
        for technology in self.trying:
            if technology.stage == SCALE_UP:
                self._scale_up(technology)
        self._find_money()
        for technology in self.trying:
            waited = model.month - technology.since_month
            if technology.stage == SEEKING and waited >= self.rules.seeking_months:
                self._give_up(technology)
        self.in_use += [technology for technology in self.trying if technology.stage == IN_USE]
        self.trying = [technology for technology in self.trying if technology.stage not in (IN_USE, GIVEN_UP)]
        for technology in self.in_use:
            self._use(technology)
        for partnership in model.active:
            if partnership.status == COMPLETED and partnership.effort > 0.0:
                self._leave_something(partnership)
        now["pilots_under_way"] = sum(technology.stage == PILOT for technology in self.trying)
        now["technologies_in_use"] = len(self.in_use)
        for name in ("adopters", "technology_jobs"):
            now[name] = sum(model.by_country[f"{name}_by_country"])

    # ---- approvals

    def months_to_approve_research(self, sector: int, lead_country: int, countries: set[int]) -> float:
        """Months until every member's country has approved new research; 0 if it needs no approval.

        A country that has seen another approve asks only for the rest of its own.
        """
        if self.random.random() >= self.need[sector]:
            return 0.0
        asked = {c: self.pace_of_approval[c] * self._months_asked(lead_country, c) for c in countries}
        months, last = 0.0, 0.0
        while asked:
            first = min(asked, key=asked.__getitem__)
            last = asked.pop(first)
            months += last
            for c, its_own in asked.items():
                rest = its_own * (1.0 - self.recognition[first][c][sector])
                asked[c] = min(its_own, max(last, rest))
        self.model.now["approvals"] += len(countries)
        self.model.now["months_to_approve"] += months
        return last

    def _months_asked(self, lead_country: int, country: int) -> float:
        rules = self.rules
        months = (rules.ethics_months + rules.governance_months) * math.exp(
            rules.approval_spread * self.random.gauss(0.0, 1.0)
        )
        return months * (1.0 + rules.approval_where_rules_differ * (1.0 - self.agreed[lead_country][country]))

    def _approve(self, technology: Technology, site: PilotSite) -> None:
        """A month of asking for approval of one site; what others have approved before counts."""
        month, now = self.model.month, self.model.now
        pace = self.pace_of_approval[site.country]
        site.approval_done += 1.0 / pace if pace > 0.0 else site.approval_months
        spared = max(
            (
                self.recognition[other.country][site.country][technology.sector]
                for other in technology.sites
                if other.approved_month is not None and other.approved_month < month
            ),
            default=0.0,
        )
        if site.approval_done >= site.approval_months * (1.0 - spared):
            site.approved_month = month
            now["approvals"] += 1
            now["months_to_approve"] += month - technology.began_month

    # ---- pilots

    def _leave_something(self, partnership: Partnership) -> None:
        """Let completed research leave something to try, if it is lucky."""
        rules, sector, month, random = self.rules, partnership.sector, self.model.month, self.random
        chance = rules.pilot_chance * (1.0 if self.applied[sector] else rules.basic_share)
        chance = _moved(chance, rules.pilot_quality * partnership.quality)
        chance *= 1.0 - math.exp(-partnership.effort / rules.pilot_effort)
        if random.random() >= chance:
            return
        worked = [seat for seat in partnership.seats if seat.organisation is not None and seat.effort > 0.0]
        if not worked:
            return
        total = sum(seat.effort for seat in worked)
        owners = [Owner(seat.organisation, seat.country, seat.effort / total) for seat in worked]
        home = partnership.lead.country if partnership.lead in worked else owners[0].country
        technology = Technology(
            sector, home, month, month, partnership.quality, partnership.funded,
            random.random() < self.need[sector], owners, [],
        )  # fmt: skip
        kinds = [supply.kind for supply in partnership.sites[0].supplies] if partnership.sites else []
        for country in self._places(technology):
            needs = technology.needs_approval
            technology.sites.append(
                PilotSite(
                    self.model.supplies.equip(country, kinds), self.climates[country],
                    self._months_asked(home, country) if needs else 0.0, None if needs else month,
                    rules.site_start_months * self.site_start[home][country],
                )
            )  # fmt: skip
        self.trying.append(technology)
        self.model.now["pilots"] += 1
        self.model.now["pilot_months"] += month + 1 - partnership.start_month

    def _places(self, technology: Technology) -> list[int]:
        """Countries of a pilot's sites: the lead's, then other owners', new climates before the others."""
        mean = self.pilot_sites[technology.sector]
        wanted = min(math.floor(mean) + (self.random.random() < mean - math.floor(mean)), MOST_SITES)
        places = [technology.country]
        countries = [owner.country for owner in technology.owners]
        for only_new_climates in (True, False):
            for country in countries:
                if len(places) >= wanted:
                    return places
                known = {self.climates[place] for place in places}
                if country not in places and not (only_new_climates and self.climates[country] in known):
                    places.append(country)
        return places

    def _supply(self, technology: Technology) -> None:
        """Let a month's inputs arrive at all sites."""
        flows = [self.model.supplies.allow(site.place, technology.sector) for site in technology.sites]
        technology.flow_now = sum(share for share, _ in flows) / len(flows)
        self.model.now["suppliers_switched"] += sum(switched for _, switched in flows)

    def _try(self, technology: Technology) -> None:
        """A month of approvals, of setting up and of running; what is over is judged."""
        rules, model = self.rules, self.model
        flowing = cost = 0.0
        for site in technology.sites:
            site.able_now = 0.0
            flow, switched = model.supplies.allow(site.place, technology.sector)
            flowing += flow
            model.now["suppliers_switched"] += switched
            if site.approved_month is None:
                self._approve(technology, site)
            elif site.setup_left > 0.0:
                site.setup_left -= 1.0
            elif site.months_run < rules.pilot_months:
                able = flow * model.capacity[site.country]
                site.able_now = min(able, 1.0, rules.pilot_months - site.months_run)
                cost += site.able_now
        technology.flow_now = flowing / len(technology.sites)
        paid = self._pay(technology, math.floor(100.0 * rules.pilot_site_eur * cost * self._dearer(technology)))
        waiting = False
        for site in technology.sites:
            site.months_run += site.able_now * paid
            model.now["pilot_site_months"] += site.able_now * paid
            waiting = waiting or site.months_run < rules.pilot_months - HARDLY
        if not waiting or model.month + 1 - technology.began_month >= rules.pilot_longest_months:
            self._judge(technology)

    def _dearer(self, technology: Technology) -> float:
        """What work at several sites costs beside one."""
        return self.model.pilot_cost[technology.sector] if len(technology.sites) > 1 else 1.0

    def _pay(self, technology: Technology, due: int) -> float:
        """Pay a month of a pilot out of loans, then out of its owners' reserves; share of it that was paid."""
        if due == 0:
            return 1.0
        lent = min(due, technology.purse_cents)
        technology.purse_cents -= lent
        left = due - lent
        paid = lent
        for owner in technology.owners:
            part = math.floor(left * owner.share)
            if owner.organisation.reserves_cents >= part:
                owner.organisation.reserves_cents -= part
                self.model.move("reserves", "own_work", part)
                paid += part
        # Rounding to cents leaves nobody short of a month.
        return paid / due if due - paid > len(technology.owners) else 1.0

    def _judge(self, technology: Technology) -> None:
        """Say whether a pilot succeeded: by its quality, and by the climates and populations it was tried in."""
        rules, now = self.rules, self.model.now
        now["pilots_ended"] += 1
        done = [site for site in technology.sites if site.months_run >= rules.pilot_months - HARDLY]
        chance = 0.0
        if done:
            climates, populations = len({site.climate for site in done}), len(done)
            chance = _moved(
                rules.success,
                rules.success_quality * technology.quality
                + rules.success_climates * math.log(climates)
                + rules.success_populations * math.log(populations),
            )
        if self.random.random() >= chance:
            self._give_up(technology)
            return
        now["pilots_succeeded"] += 1
        technology.stage, technology.since_month = SEEKING, self.model.month
        # No further approval comes, so its markets are known.
        standards = self.standards[technology.country]
        technology.open_to = [
            standards[c] * self._recognised(technology, c) for c in range(len(self.income_share))
        ]  # fmt: skip
        market = sum(share * open_to for share, open_to in zip(self.income_share, technology.open_to, strict=True))
        technology.market = min(market, 1.0)

    def _recognised(self, technology: Technology, country: int) -> float:
        """Share of an approval in a country that the approvals a technology has stand for."""
        if not technology.needs_approval:
            return 1.0
        approved = [site.country for site in technology.sites if site.approved_month is not None]
        return max((self.recognition[place][country][technology.sector] for place in approved), default=0.0)

    # ---- scale-up

    def _scale_up(self, technology: Technology) -> None:
        rules, now = self.rules, self.model.now
        technology.progress += technology.flow_now / rules.scale_up_months
        if technology.progress < 1.0 - HARDLY:
            return
        technology.venture = self.random.random() < rules.venture_share
        if self.random.random() < rules.scale_up_failure:
            now["scale_ups_failed"] += 1
            self._give_up(technology)
            return
        technology.stage, technology.since_month = IN_USE, self.model.month
        technology.adopted = [0.0] * len(self.income_share)
        now["ventures" if technology.venture else "licences"] += 1

    def _find_money(self) -> None:
        """Let funds, and then investors without one, take up what seeks money, the oldest first."""
        model, random = self.model, self.random
        if model.awards_open():
            for fund in self.funds:
                for technology in self.trying:
                    if technology.stage == SEEKING and random.random() < (
                        fund.kind.deals * self._drawing(technology) * fund.appetite[technology.country]
                    ):
                        self._buy(fund, technology)
        for technology in self.trying:
            if technology.stage == SEEKING and random.random() < (
                self.rules.investment_hazard * self._drawing(technology) * self.private_money[technology.country]
            ):
                asked = self._asked(technology)
                model.move("investors", "equity", asked)
                self._take_up(technology, Claim(None, False, 0, asked))

    def _drawing(self, technology: Technology) -> float:
        """How far a technology draws investors; where nothing threatens they expect to keep what they put in."""
        rules = self.rules
        cost = 100.0 * rules.scale_up_eur
        left = max(1.0 - technology.purse_cents / cost, rules.least_need) if cost > 0.0 else 1.0
        return (
            (rules.early_grant if technology.granted else 1.0)
            * technology.market**rules.market_response
            * left**-rules.need_response
            * technology.flow_now
        )

    def _asked(self, technology: Technology) -> int:
        """What of a scale-up nobody has lent."""
        return max(math.floor(100.0 * self.rules.scale_up_eur) - technology.purse_cents, 0)

    def _buy(self, fund: Payer, technology: Technology) -> None:
        """Let a fund pay for a scale-up out of its public and private money, if it has both."""
        asked = self._asked(technology)
        public = math.floor(asked * fund.kind.public_share)
        private = asked - public
        if fund.funder.unspent_cents < public or fund.pledged_cents < private:
            return
        self.model.move("unspent", "equity", public, fund.funder)
        self.model.move("pledged", "equity", private)
        fund.pledged_cents -= private
        self._take_up(technology, Claim(fund, False, public, private))

    def _take_up(self, technology: Technology, claim: Claim) -> None:
        now = self.model.now
        now["scale_ups"] += 1
        now["private_money_eur"] += claim.private_cents / 100.0
        now["public_stakes_eur"] += claim.public_cents / 100.0
        technology.claims.append(claim)
        technology.stage, technology.since_month = SCALE_UP, self.model.month
        technology.purse_cents = 0

    def _give_up(self, technology: Technology) -> None:
        """Give a technology up, and book what was put into it as lost; what of a loan was not spent goes back."""
        model = self.model
        model.now["technologies_given_up"] += 1
        technology.stage, technology.since_month = GIVEN_UP, model.month
        for claim in technology.claims:
            if claim.loan:
                back = min(technology.purse_cents, claim.cents - claim.repaid_cents)
                technology.purse_cents -= back
                self._repay(claim, back)
                claim.payer.debt_cents += claim.private_cents - claim.repaid_private_cents
            lost = claim.cents - claim.repaid_cents
            model.move("lent" if claim.loan else "equity", "lost", lost)
            model.now["lost_eur"] += lost / 100.0

    # ---- pledges and loans

    def _pledge(self, fund: Payer) -> None:
        """Let private investors pledge a month's money to a fund, as far as not too much waits there."""
        room = self.rules.pledged_months * fund.private_cents - fund.pledged_cents
        cents = min(fund.private_cents, max(room, 0))
        fund.pledged_cents += cents
        self.model.move("investors", "pledged", cents)

    def _lend(self, bank: Payer) -> None:
        """Lend to approved pilots and to what is proven, the oldest first, while there is public money."""
        for technology in self.trying:
            if not bank.home[technology.country]:
                continue
            if technology.stage == PILOT and not technology.pilot_lent:
                if all(site.approved_month is None for site in technology.sites):
                    continue
                cost = self.rules.pilot_site_eur * self.rules.pilot_months * len(technology.sites)
                cost *= self._dearer(technology)
            elif technology.stage == SEEKING and not technology.proof_lent:
                cost = self.rules.scale_up_eur
            else:
                continue
            cents = math.floor(100.0 * cost * bank.kind.loan_share)
            public = min(math.ceil(cents * bank.kind.subsidy), cents)
            if cents == 0:
                continue
            if public > bank.funder.unspent_cents:
                return
            self.model.move("unspent", "lent", public, bank.funder)
            self.model.move("lenders", "lent", cents - public)
            self.model.now["lent_eur"] += cents / 100.0
            technology.claims.append(Claim(bank, True, public, cents - public))
            technology.purse_cents += cents
            technology.owed_cents += cents
            if technology.stage == PILOT:
                technology.pilot_lent = True
            else:
                technology.proof_lent = True

    def _repay(self, claim: Claim, cents: int) -> None:
        """Give a bank's lenders their part of what comes back on a loan, and the treasury the rest."""
        repaid = claim.repaid_cents + cents
        to_lenders = claim.private_cents * repaid // claim.cents - claim.repaid_private_cents
        self.model.move("lent", "lenders", to_lenders)
        self.model.move("lent", "repaid", cents - to_lenders)
        claim.repaid_cents = repaid
        claim.repaid_private_cents += to_lenders
        self.model.now["repaid_eur"] += cents / 100.0

    def _settle_debt(self, bank: Payer) -> None:
        """Let a bank pay its lenders for lost loans, as far as it has the money."""
        paid = min(bank.debt_cents, bank.funder.unspent_cents)
        self.model.move("unspent", "lenders", paid, bank.funder)
        bank.debt_cents -= paid

    # ---- use

    def _use(self, technology: Technology) -> None:
        """A month of adoption after Bass, of sales, of royalties, and of paying loans back."""
        rules, by_country = self.rules, self.model.by_country
        alone, others = rules.adoption_alone / 12.0, rules.adoption_by_others / 12.0
        jobs_per_eur = 12.0 * rules.jobs_per_million / 1e6
        adopters, jobs = by_country["adopters_by_country"], by_country["technology_jobs_by_country"]
        adopted, patented, venture = technology.adopted, self.patents[technology.sector], technology.venture
        sales = earning = 0.0
        for c, open_to in enumerate(technology.open_to):
            share = adopted[c]
            adopted[c] = share = share + min((alone + others * share) * open_to, 1.0) * (1.0 - share)
            using = rules.market_adopters * self.income_share[c] * share
            bought = rules.adopter_eur * using
            adopters[c] += using
            if not venture:
                jobs[c] += bought * jobs_per_eur
            sales += bought
            earning += bought * self.royalty_share[c] if patented else bought
        if venture:
            jobs[technology.country] += sales * jobs_per_eur
        royalties = min(rules.royalty_rate * earning, sales)
        for owner in technology.owners:
            cents = math.floor(100.0 * royalties * owner.share)
            owner.organisation.reserves_cents += cents
            self.model.move("market", "reserves", cents)
            by_country["royalties_by_country"][owner.country] += cents / 100.0
            self.model.now["royalties_eur"] += cents / 100.0
        if technology.owed_cents > 0:
            self._service(technology, min(technology.owed_cents, math.floor(100.0 * sales * rules.loan_service)))

    def _service(self, technology: Technology, due: int) -> None:
        """Pay loans back out of sales, the oldest first."""
        technology.owed_cents -= due
        self.model.move("market", "serviced", due)
        for claim in technology.claims:
            part = min(due, claim.cents - claim.repaid_cents) if claim.loan else 0
            if part > 0:
                self._repay(claim, part)
                due -= part


def _moved(probability: float, log_odds: float) -> float:
    """A probability whose odds are moved by a logarithm."""
    if probability <= 0.0 or probability >= 1.0:
        return probability
    odds = probability / (1.0 - probability) * math.exp(log_odds)
    return odds / (1.0 + odds)
