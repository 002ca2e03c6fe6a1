"""Who comes in and who has a part."""

import numpy as np
import pytest

from ecosim.config.world import WorldConfig
from ecosim.outcomes import inclusion
from ecosim.outcomes.derived import DERIVED, DERIVED_OF_STAGES, derived
from ecosim.outcomes.measured import BY_NAME
from ecosim.record import OUTCOMES
from ecosim.world import load_world
from tests.models import finished

COLUMNS = ("effort", "members", "leads", "royalties", "technology_jobs")


@pytest.fixture(scope="module")
def world():
    return load_world(WorldConfig(preset="europe"))


def values(world, share, poor=0.0):
    """A month in which the periphery has this share of everything, and countries of low income this share."""
    weight = np.where(world.peripheral, 0.0, 1.0 / (~world.peripheral).sum())
    rest = world.peripheral & ~world.low_income
    weight = weight * (1.0 - share) + rest * (share - poor) / rest.sum() + world.low_income * poor
    return {f"{name}_by_country": 1000.0 * weight[None, :] for name in COLUMNS}


def test_facts_say_who_is_of_low_income(world):
    assert [code for code, low in zip(world.countries, world.low_income, strict=True) if low] == ["UKR"]
    everywhere = load_world(WorldConfig(preset="global"))
    found = {code for code, low in zip(everywhere.countries, everywhere.low_income, strict=True) if low}
    assert found == {"ARM", "EGY", "GEO", "IDN", "IND", "KEN", "MAR", "MDA", "PAK", "UKR", "VNM"}


def test_shares_are_the_groups_parts(world):
    found = derived(values(world, 0.3, 0.1), world)
    assert set(found) == {name for name, _, _ in (*DERIVED, *DERIVED_OF_STAGES)}
    for name in ("peripheral_members", "peripheral_leads", "peripheral_share", "peripheral_royalties",
                 "peripheral_jobs"):  # fmt: skip
        assert found[name] == pytest.approx([0.3]), name
    for name in ("low_income_share", "low_income_members", "low_income_leads", "low_income_royalties",
                 "low_income_jobs"):  # fmt: skip
        assert found[name] == pytest.approx([0.1]), name


@pytest.mark.parametrize("name", [name for name in BY_NAME if BY_NAME[name].family == "inclusion"])
def test_each_says_that_a_world_with_more_inclusion_is_better(world, name):
    """In one world the periphery has hardly anything, in the other as much as it has countries: each column differs."""
    if name.startswith("newcomers"):
        pytest.skip("counted in the month: below")
    less, more = values(world, 0.02, 0.0), values(world, 0.45, 0.02)
    less["members_by_country"][:, np.flatnonzero(world.peripheral)[:5]] = 0.0
    if name.endswith("per_researcher"):
        # as even as can be is a seat for so many researchers, not as many seats for every country
        more["members_by_country"] = world.researchers_thousand[None, :]
    first, second = (derived(side, world)[name][0] for side in (less, more))
    assert BY_NAME[name].better * (second - first) > 0.0


def test_without_stages_nobody_speaks_of_benefit(world):
    usual = {
        name: value for name, value in values(world, 0.3).items() if name.startswith(("effort", "members", "lead"))
    }
    assert not {name for name, _, _ in DERIVED_OF_STAGES} & set(inclusion.inclusion(usual, world))


def test_what_nobody_has_has_no_share(world):
    nothing = {name: 0.0 * value for name, value in values(world, 0.3).items()}
    found = derived(nothing, world)
    assert all(np.isnan(found[name]).all() for name, unit, _ in inclusion.DERIVED if unit in ("share", "index"))
    assert found["peripheral_countries"] == [0.0]


def test_a_world_without_such_countries_has_no_value():
    classroom = load_world(WorldConfig(preset="classroom"))
    ones = {f"{name}_by_country": np.ones((1, 5)) for name in COLUMNS}
    found = derived(ones, classroom)
    assert np.isnan(found["low_income_members"][0])
    assert found["peripheral_members"][0] == 0.2


@pytest.mark.parametrize("n", [2, 5, 40])
def test_gini_at_its_ends(n):
    alone = np.zeros(n)
    alone[-1] = 7.0
    assert inclusion.gini(np.ones(n), np.ones(n)) == pytest.approx(0.0, abs=1e-12)
    assert inclusion.gini(alone, np.ones(n)) == pytest.approx(1.0 - 1.0 / n)


def test_gini_is_half_the_mean_difference_over_the_mean():
    values = np.random.default_rng(1).gamma(0.5, size=30)
    differences = np.abs(values[:, None] - values[None, :]).mean()
    assert inclusion.gini(values, np.ones(30)) == pytest.approx(differences / (2.0 * values.mean()))


def test_gini_of_groups_is_that_of_their_members():
    """A group of three with six between them is three people with two each."""
    grouped = inclusion.gini(np.array([6.0, 1.0, 8.0]), np.array([3.0, 1.0, 2.0]))
    assert grouped == pytest.approx(inclusion.gini(np.array([2.0, 2.0, 2.0, 1.0, 4.0, 4.0]), np.ones(6)))


def test_a_run_measures_them_and_who_leans_to_the_small_includes_more():
    """Evaluation that leans to countries with little moves the seats: measured, not written in."""
    changes = {"world__preset": "europe", "world__scale": 0.01}
    usual = finished(**changes)
    lean = finished(**changes, programme__portfolio_evenness=10.0)
    ours, theirs = usual.series(), lean.series()
    names = [name for name, _, _ in (*inclusion.DERIVED, *OUTCOMES) if name in BY_NAME]
    assert not [name for name in names if BY_NAME[name].family == "inclusion" and name not in ours]
    late = slice(-24, None)
    for name in ("peripheral_members", "participation_gini", "peripheral_leads"):
        gained = np.nanmean(theirs[name][late]) - np.nanmean(ours[name][late])
        assert BY_NAME[name].better * gained > 0.0, name


def test_newcomers_of_low_income_are_counted_like_the_others():
    """Of all organisations that came in by the last month, those of the country of low income."""
    model = finished(world__preset="europe", world__scale=0.06, behaviour__search__newcomer_share=0.9)
    organisations, world = model.state.organisations, model.setting.world
    funded = organisations["participations"] > 0
    series = model.series()
    for name, mine in (("newcomers", np.ones(len(funded), dtype=bool)),
                       ("newcomers_peripheral", world.peripheral[organisations["country"]]),
                       ("newcomers_low_income", world.low_income[organisations["country"]])):  # fmt: skip
        assert series[name].sum() == (funded & mine).sum() > 0, name
