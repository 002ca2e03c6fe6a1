"""Series by month: what ships, and what of it counts as 0 and as 1."""

from __future__ import annotations

import numpy as np
import pytest

from ecosim.world.series import COUNTRY_SERIES, WORLD_SERIES, load_series


@pytest.mark.parametrize("name", [*WORLD_SERIES, *COUNTRY_SERIES])
def test_shares_lie_between_0_and_1_and_reach_both(name: str) -> None:
    series = load_series(name)
    paths = np.stack([*series.of.values()]) if series.of else series.world
    assert paths.min() == 0.0
    assert paths.max() == pytest.approx(1.0, abs=1e-12)
    assert ((series.world >= 0.0) & (series.world <= 1.0)).all()


def test_what_is_known_of_the_series_shows() -> None:
    pressure, risk, travel = (
        load_series(name) for name in ("supply_chain_pressure", "geopolitical_risk", *COUNTRY_SERIES)
    )
    # the highest months on record, and calm ones
    assert pressure.share("2021-12") == risk.share("2022-03") == 1.0
    assert pressure.share("2016-01") == 0.0
    assert risk.share("2017-01") < 0.1
    # the mean level over all countries in April 2020 was 3.6 of 4
    assert 0.8 < travel.world[travel.place("2020-04")] < 0.95
    assert travel.shares("2020-04", ("DEU",)) == 1.0


def test_outside_the_record_nothing_is_left_and_unlisted_countries_have_the_mean() -> None:
    travel = load_series("travel_controls")
    assert travel.share("2019-12") == travel.share("2022-06") == 0.0
    assert (travel.shares("2025-01", ("DEU", "CHN")) == 0.0).all()
    assert "ARM" not in travel.of
    assert travel.shares("2021-01", ("ARM", "ROW")) == pytest.approx(travel.world[travel.place("2021-01")])
