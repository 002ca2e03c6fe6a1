"""Every preset: shapes, ranges, sums, symmetry, and what is refused."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields

import numpy as np
import pytest

from ecosim.config.world import WorldConfig
from ecosim.world import (
    CLASSROOM,
    ORGANISATION_TYPES,
    PRESETS,
    REGULATION_PARTS,
    SECTORS,
    World,
    bloc_members,
    data_fingerprint,
    load_world,
)
from ecosim.world.facts import INPUTS
from ecosim.world.presets import programme_world

UNIT = ("sanctions", "sanctions_window_end", "visa_need", "data_adequacy", "export_control_alignment")
SYMMETRIC = (
    "common_language",
    "contiguous",
    "colonial_tie",
    "common_rules",
    "ideal_point_distance",
    "copublications",
    "data_adequacy",
    "export_control_alignment",
)
ZERO_ON_DIAGONAL = (
    "ideal_point_distance",
    "sanctions",
    "sanctions_window_end",
    "visa_need",
    "embassies",
    "consulates",
    "copublications",
    "contiguous",
    "colonial_tie",
)
ONE_ON_DIAGONAL = ("common_language", "common_rules", "data_adequacy", "export_control_alignment")


@pytest.fixture(params=[*PRESETS, "one country", "subset"])
def world(request: pytest.FixtureRequest) -> World:
    name = request.param
    if name == "one country":
        return load_world(WorldConfig(preset="synthetic", n_countries=1))
    if name == "subset":
        return load_world(WorldConfig(preset="global", countries=("USA", "IRN", "DEU")))
    return load_world(WorldConfig(preset=name))


def test_shapes(world: World) -> None:
    n, kinds, sectors = world.n_countries, len(ORGANISATION_TYPES), len(SECTORS)
    for names, shape in (
        (("participation_share", "researchers_thousand", "gdp_busd", "gerd_share_of_gdp", "governance"), (n,)),
        (("peripheral", "bloc", "programme_standing", "may_be_target"), (n,)),
        (("foreign_input_share", "supplier_share", "demand_share"), (len(INPUTS), n)),
        (("purchases",), (len(INPUTS), n, n)),
        (("distance_km", *UNIT, *SYMMETRIC, "embassies", "consulates"), (n, n)),
        (("organisations", "participations"), (n, kinds)),
        (("country_sector_share",), (n, sectors)),
        (("sector_type_share",), (sectors, kinds)),
        (("sector_money_share", "input_criticality", "data_intensity", "physical_intensity"), (sectors,)),
        (("input_intensity",), (sectors, len(INPUTS))),
        (("technology_sensitivity",), (sectors,)),
        (("regulation_weight",), (sectors, len(REGULATION_PARTS))),
        (("start_month_share",), (12,)),
        (("coordinator_type_share",), (kinds,)),
    ):
        for name in names:
            assert getattr(world, name).shape == shape, name
    assert len(world.country_names) == len(world.cordis_codes) == n
    assert len(set(world.countries)) == len(set(world.cordis_codes)) == n


def test_dtypes_follow_the_contract(world: World) -> None:
    for field in fields(World):
        value = getattr(world, field.name)
        if isinstance(value, np.ndarray) and value.dtype.names is None:
            assert np.dtype(value.dtype).name in str(field.type), field.name


def test_ranges(world: World) -> None:
    for name in (*UNIT, "governance", "programme_standing", "gerd_share_of_gdp", "foreign_input_share", "purchases"):
        values = getattr(world, name)
        assert np.isfinite(values).all(), name
        assert values.min() >= 0, name
        assert values.max() <= 1, name
    for name in ("researchers_thousand", "gdp_busd", "distance_km", "programme_standing", "foreign_input_share"):
        assert (getattr(world, name) > 0).all(), name
    assert world.distance_km.max() < 20_100
    assert world.bloc.min() >= 0
    assert world.bloc.max() < len(world.bloc_names)
    assert set(np.unique(world.visa_need)) <= {0.0, 0.5, 1.0} or "ROW" in world.countries
    assert world.appropriation_eur_per_month > 0


def test_sums_to_one(world: World) -> None:
    for name in (
        "participation_share",
        "sector_type_share",
        "country_sector_share",
        "coordinator_type_share",
        "sector_money_share",
        "regulation_weight",
        "start_month_share",
    ):
        np.testing.assert_allclose(getattr(world, name).sum(axis=-1), 1.0, atol=1e-12, err_msg=name)
    for name in ("supplier_share", "demand_share", "purchases"):
        np.testing.assert_allclose(getattr(world, name).sum(axis=-1), 1.0, atol=1e-12, err_msg=name)


def test_abroad_users_buy_by_share_of_the_worlds_sales(world: World) -> None:
    n = world.n_countries
    own = world.purchases[:, range(n), range(n)]
    if n == 1:
        assert (own == 1.0).all()
        return
    np.testing.assert_allclose(own, 1.0 - world.foreign_input_share, atol=1e-12)
    # beside each other, any two suppliers abroad are to a user what they are to the world
    if n > 2:
        left, right = world.purchases[:, 0, 1], world.purchases[:, 0, 2]
        np.testing.assert_allclose(left * world.supplier_share[:, 2], right * world.supplier_share[:, 1], atol=1e-15)


def test_symmetry_and_diagonals(world: World) -> None:
    for name in SYMMETRIC:
        matrix = getattr(world, name)
        np.testing.assert_allclose(matrix.astype(float), matrix.T.astype(float), rtol=1e-5, err_msg=name)
    # City populations weigh the two directions alike only up to rounding at the source.
    np.testing.assert_allclose(world.distance_km, world.distance_km.T, rtol=1e-3)
    for name in ZERO_ON_DIAGONAL:
        assert not np.diag(getattr(world, name)).any(), name
    for name in ONE_ON_DIAGONAL:
        assert (np.diag(getattr(world, name)) == 1).all(), name


def test_arrays_are_read_only(world: World) -> None:
    arrays = [getattr(world, field.name) for field in fields(world)]
    arrays = [array for array in arrays if isinstance(array, np.ndarray)]
    assert len(arrays) > 30
    for array in arrays:
        with pytest.raises(ValueError, match="read-only"):
            array[...] = array


def test_same_config_is_the_same_object() -> None:
    assert load_world(WorldConfig(preset="europe", scale=0.1)) is load_world(WorldConfig(preset="europe", scale=0.5))


def test_classroom_countries_and_scale() -> None:
    world = load_world(WorldConfig(preset="classroom"))
    assert world.countries == CLASSROOM
    assert world.may_be_target.all()
    # The scale noted in docs/DATA.md for about 200 organisations at the default pool factor.
    assert world.organisations.sum() * 2.5 * 0.017 == pytest.approx(200, abs=5)


def test_europe_holds_every_organisation() -> None:
    world = load_world(WorldConfig(preset="europe"))
    assert world.participations.sum() == 33716
    assert world.organisations.sum() == 13234
    assert world.countries[-1] == "ROW"
    assert world.cordis_codes[-1] == "ZZ"
    assert not world.may_be_target[-1]
    assert (world.participations[:-1].sum(axis=1) >= 0.001 * 33716).all()
    whole = programme_world()
    germany, germany_here = whole.country_index("DEU"), world.country_index("DEU")
    # Merging moves co-publications and purchases to the rest; it loses none.
    assert world.copublications[germany_here].sum() == pytest.approx(whole.copublications[germany].sum())
    here = [whole.country_index(code) for code in world.countries[:-1]]
    np.testing.assert_allclose(world.purchases[:, germany_here, :-1], whole.purchases[:, germany, here], rtol=1e-9)
    # What the rest buys within itself it buys at home.
    rest = [place for place in range(whole.n_countries) if place not in here]
    bought = (whole.purchases * whole.demand_share[:, :, None])[:, rest]
    np.testing.assert_allclose(
        world.purchases[:, -1, :-1], bought[:, :, here].sum(axis=1) / bought.sum(axis=(1, 2))[:, None], rtol=1e-6
    )  # fmt: skip


def test_country_of_the_europe_world_agrees_with_the_global_one() -> None:
    europe, whole = (load_world(WorldConfig(preset=preset)) for preset in ("europe", "global"))
    here = [europe.country_index(code) for code in ("DEU", "USA", "CHE")]
    there = [whole.country_index(code) for code in ("DEU", "USA", "CHE")]
    for name in ("distance_km", "ideal_point_distance", "embassies", "visa_need", "sanctions"):
        np.testing.assert_array_equal(
            getattr(europe, name)[np.ix_(here, here)], getattr(whole, name)[np.ix_(there, there)]
        )


def test_global_has_the_named_countries() -> None:
    world = load_world(WorldConfig(preset="global"))
    assert 65 <= world.n_countries <= 75
    union = bloc_members("EU", 2014)
    assert len(union) == 28
    wanted = union | bloc_members("H2020_ASSOCIATED", 2016)
    wanted |= {"USA", "CHN", "JPN", "KOR", "IND", "CAN", "AUS", "BRA", "ZAF", "RUS", "SGP", "MEX", "ARG", "CHL", "TWN"}
    assert wanted <= set(world.countries)
    assert (world.programme_standing[[world.country_index(code) for code in sorted(union)]] == 1).all()
    assert world.programme_standing[world.country_index("USA")] < 1


def test_subset_keeps_order_and_scales_money() -> None:
    whole = load_world(WorldConfig(preset="global"))
    part = load_world(WorldConfig(preset="global", countries=("POL", "DEU")))
    assert part.countries == ("DEU", "POL")
    kept = whole.participation_share[[whole.country_index("DEU"), whole.country_index("POL")]].sum()
    assert part.appropriation_eur_per_month == pytest.approx(whole.appropriation_eur_per_month * kept)
    assert len(part.consortium_shapes) == len(whole.consortium_shapes)
    np.testing.assert_allclose(part.supplier_share.sum(axis=1), 1.0)
    # With one other country, all that comes from abroad comes from there.
    np.testing.assert_allclose(part.purchases[:, 0, 1], part.foreign_input_share[:, 0])


@pytest.mark.parametrize(
    ("countries", "parts"),
    [(("DEU", "FRX"), ("world.countries", "FRX", "FRA")), ((), ("world.countries",)), (("DEU", "DEU"), ("twice",))],
)
def test_bad_countries_are_one_clear_line(countries: tuple[str, ...], parts: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=parts[0]) as caught:
        load_world(WorldConfig(preset="global", countries=countries))
    line = str(caught.value)
    assert "\n" not in line
    assert all(part in line for part in parts)


@pytest.mark.parametrize("n", [1, 2, 3, 7, 30, 200])
def test_synthetic_of_any_size(n: int) -> None:
    world = load_world(WorldConfig(preset="synthetic", n_countries=n))
    assert world.n_countries == n
    assert (np.diff(world.participation_share) <= 1e-12).all()
    assert len(np.unique(world.bloc)) == len(world.bloc_names)
    assert (world.organisations >= 1).all()
    assert (world.organisations <= world.participations).all()


def test_fingerprint_is_stable() -> None:
    assert data_fingerprint() == data_fingerprint()
    assert len(data_fingerprint()) == 64


def test_import_is_light() -> None:
    code = (
        "import sys, ecosim.world; print(sorted({'pandas', 'pydantic', 'scipy', 'numba', 'mesa'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
