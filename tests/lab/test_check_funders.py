"""Settings of funders that say nothing beside what is chosen are refused in a line."""

import pytest

from ecosim.errors import InputError
from ecosim.lab.compose import compose_plain, make_request
from ecosim.lab.design import make_plan


def test_calendars_need_other_funders():
    with pytest.raises(InputError, match=r"policy\.calendars.*aligned.*programme is alone"):
        make_plan(make_request(compose_plain(["policy.calendars=aligned"])))
    make_plan(make_request(compose_plain(["policy.calendars=aligned", "funders=[national_agency]"])))
    level = "{who: {alone: {}, both: {funders.agency: {kind: national_agency}}}}"
    make_plan(make_request(compose_plain(["policy.calendars=aligned", f"experiment.factors={level}"])))
