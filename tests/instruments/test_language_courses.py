from __future__ import annotations

import numpy as np
import pytest

from ecosim.instruments.language_courses import LanguageCourses
from tests.instruments.contract import InstrumentBench


class TestLanguageCourses(InstrumentBench):
    instrument = LanguageCourses
    pair = ("DEU", "FRA")

    def test_it_gives_back_what_the_language_takes_and_no_more(self) -> None:
        made = self.run(1e12, limit=1.0)
        most = np.minimum(1.39 * self.base.awareness, 1.0)
        assert made.awareness[0, 1] == pytest.approx(most[0, 1])
        assert made.awareness[1, 0] == pytest.approx(most[1, 0])
        assert made.mobility[0, 1] == pytest.approx(min(1.1 * self.base.mobility[0, 1], 1.0))

    def test_it_does_nothing_between_countries_with_a_common_language(self) -> None:
        made = self.run(1e9, senders=("DEU",), hosts=("CHE",))
        assert all(getattr(made, name).tobytes() == value.tobytes() for name, value in self.base.arrays().items())

    def test_money_goes_where_there_is_something_to_learn(self) -> None:
        shares = LanguageCourses().first_allocation(self.world)
        assert not shares[self.world.common_language].any()
        assert LanguageCourses(senders=("DEU",), hosts=("CHE",)).first_allocation(self.world)[0, 3] == 1.0
