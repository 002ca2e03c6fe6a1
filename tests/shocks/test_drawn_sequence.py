"""Sequences: what comes when hangs on the seed alone; rates, severities, clusters and contagion are as they say."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from ecosim import randomness as rnd
from ecosim.channels.handles import BELIEFS
from ecosim.errors import InputError
from ecosim.pushes import month_handles
from ecosim.shocks import DatedShock, date_shock
from ecosim.shocks.drawn_sequence import BY_COUNTRY, KINDS, DatedSequence, DrawnSequence
from tests.models import differing, small, to_the_end
from tests.shocks.contract import CALM_END, ShockBench, changed_handles, gained, same_bits

MANY = {"rate_factor": 30.0, "duration_months": 60}


class TestDrawnSequence(ShockBench):
    shock = DrawnSequence

    def dated(self, replicate: int = 0, **settings: Any) -> DatedShock:
        made = DrawnSequence(**{**MANY, **settings})
        return date_shock("risk", made, self.world, CALM_END, lambda key: rnd.named_uniform(7, replicate, key))

    def handles(self, month: int, **settings: Any):
        return month_handles(self.base, self.world, [self.dated(**settings)], [], month).copy()

    def test_every_kind_has_a_rate_with_a_source_or_a_range(self) -> None:
        for kind in KINDS:
            said = DrawnSequence.model_fields[f"{kind}_rate"].json_schema_extra
            assert said["role"] in ("sourced", "assumed")
        assert DrawnSequence.handles == frozenset().union(*(cls.handles for cls in KINDS.values()))

    def test_the_same_seed_draws_the_same_and_another_draws_others(self) -> None:
        one, same, other = (self._events(replicate) for replicate in (0, 0, 1))
        assert one == same
        assert one != other

    def _events(self, replicate: int = 0, **settings: Any) -> list[tuple[str, int, float, bytes]]:
        dated = self.dated(replicate, **settings)
        assert isinstance(dated, DatedSequence)
        return [(s.name, s.announcement_month, s.shock.severity, s.targets.tobytes()) for s in dated.parts]

    def test_a_higher_rate_adds_to_what_comes_anyway(self) -> None:
        few, more = set(self._events(clustering=0.0, rate_factor=5.0)), set(self._events(clustering=0.0))
        assert few < more

    def test_kinds_come_as_often_as_their_rates_say(self) -> None:
        made = DrawnSequence(rate_factor=2.0, clustering=0.0, duration_months=240)
        chances = made.chances(self.world)
        assert chances["pandemic"] == pytest.approx(2.0 * 0.02 / 12.0)
        assert chances["sanctions"] == pytest.approx(2.0 * 0.012 * 6 / 12.0)
        counts = np.zeros(len(KINDS))
        for replicate in range(60):
            drawn = made.drawn_events("risk", self.world, lambda key, r=replicate: rnd.named_uniform(7, r, key))
            counts += [sum(kind == of for _, of, _ in drawn) for kind in KINDS]
        expected = np.array([chances[kind] for kind in KINDS]) * 240 * 60
        assert (np.abs(counts - expected) < 4.0 * np.sqrt(expected)).all()

    def test_each_shock_leads_to_as_many_as_clustering_says(self) -> None:
        # Long enough that hardly any chain is cut off at the end.
        alone, clustered = (
            sum(
                len(made.drawn_events("risk", self.world, lambda key, r=r: rnd.named_uniform(3, r, key)))
                for r in range(40)
            )
            for made in (
                DrawnSequence(rate_factor=4.0, clustering=chance, clustering_months=3.0, duration_months=400)
                for chance in (0.0, 0.5)
            )
        )
        assert clustered / alone == pytest.approx(2.0, rel=0.1)

    def test_waits_have_the_mean_that_is_asked_for(self) -> None:
        made = DrawnSequence(kinds=("pandemic",), clustering=0.5, clustering_months=8.0, duration_months=600)
        waits = []
        for r in range(300):
            drawn = made.drawn_events("risk", self.world, lambda key, r=r: rnd.named_uniform(3, r, key))
            at = {name: month for month, _, name in drawn}
            waits += [month - at[name.rsplit(" > ", 1)[0]] for name, month in at.items() if " > " in name]
        assert min(waits) == 1
        assert np.mean(waits) == pytest.approx(8.0, rel=0.15)

    def test_severities_are_milder_where_that_is_asked_for(self) -> None:
        full, even, mild = (
            np.array([shock.shock.severity for shock in self.dated(mildness=power, severity=0.8).parts])
            for power in (0.0, 1.0, 3.0)
        )
        assert (full == 0.8).all()
        assert even.mean() == pytest.approx(0.4, abs=0.06)
        assert mild.mean() == pytest.approx(0.2, abs=0.06)
        assert (mild <= even).all()

    def test_contagion_takes_in_more_countries_and_the_same_ones_first(self) -> None:
        alone, spread = self.dated(), self.dated(contagion=0.8)
        for one, more in zip(alone.parts, spread.parts, strict=True):
            assert (more.targets >= one.targets).all()
        of_countries = [shock for shock in spread.parts if isinstance(shock.shock, BY_COUNTRY)]
        assert np.mean([shock.targets.sum() for shock in of_countries]) > 1.2

    def test_threats_are_of_kinds_that_are_doubted(self) -> None:
        threats = [s for s in self.dated(never_carried_out=1.0, rate_factor=200.0).parts if s.effective_month is None]
        assert {s.shock.kind for s in threats} == {kind for kind, cls in KINDS.items() if BELIEFS & cls.handles}
        assert all(s.effective_month is not None for s in self.dated(never_carried_out=0.0).parts)

    def test_months_are_exact(self) -> None:
        dated = self.dated()
        first = min(shock.announcement_month for shock in dated.parts)
        assert first >= dated.announcement_month == CALM_END
        assert max(shock.announcement_month for shock in dated.parts) < CALM_END + 60
        assert same_bits(self.base, self.handles(first - 1))
        assert not same_bits(self.base, self.handles(first + 1))
        assert self.dated(clustering=0.0, kinds=("pandemic", "recession")).end_month <= CALM_END + 60 + 24

    def test_severity_0_changes_no_bit_and_more_severe_is_never_better(self) -> None:
        month = CALM_END + 30
        runs = [self.handles(month, severity=severity) for severity in (0.0, 0.3, 0.7, 1.0)]
        assert not changed_handles(self.base, runs[0])
        assert len(changed_handles(self.base, runs[-1])) > 5
        assert changed_handles(self.base, runs[-1]) <= DrawnSequence.handles
        for milder, harder in pairwise(runs):
            for name in changed_handles(milder, harder):
                assert (gained(name, milder, harder) <= 1e-15).all(), name

    def test_all_may_be_hit_and_named_ones_are_hit_alone(self) -> None:
        deu = self.world.country_index("DEU")
        for shock in self.dated(targets=("DEU",)).parts:
            if isinstance(shock.shock, BY_COUNTRY):
                assert np.flatnonzero(shock.targets).tolist() == [deu]

    @pytest.mark.parametrize(
        "settings",
        [{"profile": "ramp"}, {"effective_after_months": 3}, {"effective": "2015-01"}, {"profile_months": 3}],
    )
    def test_what_says_nothing_of_a_sequence_is_refused(self, settings: dict[str, Any]) -> None:
        with pytest.raises(InputError, match="says nothing of a drawn sequence"):
            self.dated(**settings)

    def test_a_kind_that_does_not_come_is_one_clear_line(self) -> None:
        with pytest.raises(InputError, match=r"shocks\.risk\.kinds=war.*allowed: all, or any of change_of_government"):
            self.dated(kinds=("war",))


def test_policies_meet_the_same_sequence_and_twins_are_the_same_until_it_begins() -> None:
    shocks = {"risk": {"kind": "drawn_sequence", "rate_factor": 10.0}}
    one, other = small(shocks=shocks), small(shocks=shocks, programme__countries_per_consortium=(2, 3))
    assert [shock.name for shock in one.setting.dated[0].parts] == [
        shock.name for shock in other.setting.dated[0].parts
    ]
    assert one.targets() == other.targets()
    one.advance(one.announcement_month)
    twin, shocked = one.fork("twin"), one.fork("shocked")
    assert not differing(twin.state, shocked.state)
    assert differing(to_the_end(twin).state, to_the_end(shocked).state)
