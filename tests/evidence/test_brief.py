"""The brief of a country: what it hangs on adds up, its breaks are ranked, and bad questions are answered in a line."""

import numpy as np
import pandas as pd
import pytest

from ecosim.cli import main
from ecosim.errors import InputError
from ecosim.evidence.brief import DIMENSIONS, ask, brief, chosen_breaks, facts_exposure, find_country, twin_exposure
from ecosim.tables import ACTIVE
from ecosim.world import load_world
from ecosim.world.facts import INPUT_NAMES, INPUTS, SECTORS
from tests.models import small

TINY = (
    "world=classroom", "timeline.burn_in_months=24", "timeline.calm_months=6", "timeline.calm_jitter_months=2",
    "timeline.response_months=24", "runner.processes=0", "partners=2",
)  # fmt: skip


@pytest.fixture(scope="module")
def found():
    return brief("country=GB", "replicates=5", *TINY)


def test_shares_add_up(found):
    assert (found.country, found.name) == ("GBR", "United Kingdom")
    sums = found.exposure.groupby("dimension")[["facts_share", "twin_share"]].sum(min_count=1)
    assert set(sums.index) == set(DIMENSIONS)
    assert sums["twin_share"].to_numpy() == pytest.approx(1.0)
    assert sums["facts_share"].drop("funder").to_numpy() == pytest.approx(1.0)
    partners = found.exposure[found.exposure["dimension"] == "partner"]
    assert sorted(partners["code"]) == ["CHE", "DEU", "ESP", "POL"]


def test_facts_are_those_of_the_tables(found):
    world = load_world(ask(["country=GBR", *TINY]).request.scenario.world)
    at = world.country_index("GBR")
    table = facts_exposure(world, at).set_index(["dimension", "code"])["facts_share"]
    works = world.copublications[at]
    others = works.sum() - works[at]
    assert table["partner", "DEU"] == pytest.approx(works[world.country_index("DEU")] / others)
    assert table["sector", "health"] == pytest.approx(world.country_sector_share[at, SECTORS.index("health")])
    needed = (world.country_sector_share[at][:, None] * world.input_intensity).sum(axis=0)
    bought = (needed[:, None] * world.purchases[:, at]).sum(axis=0)
    bought[at] = 0.0
    assert table["supplier", "ESP"] == pytest.approx(bought[world.country_index("ESP")] / bought.sum())


def test_inputs_by_kind_are_those_of_the_tables(found):
    world = load_world(ask(["country=GBR", *TINY]).request.scenario.world)
    at = world.country_index("GBR")
    for k, kind in enumerate(INPUTS):
        rows = found.inputs[found.inputs["kind"] == kind]
        assert rows["foreign_share"].to_numpy() == pytest.approx(world.foreign_input_share[k, at])
        assert rows["share"].sum() == pytest.approx(world.foreign_input_share[k, at])
        assert rows["share"].is_monotonic_decreasing
        largest = rows.iloc[0]
        foreign = (
            f"{100 * largest['foreign_share']:.0f} % from abroad: {largest['name']} {100 * largest['share']:.0f} %"
        )
        line = next(text for text in found.text().split("\n") if text.startswith(f"  {INPUT_NAMES[kind]} "))
        assert foreign in line


def test_exposure_of_all_countries_is_the_work_of_the_month():
    model = small().advance(30)
    parts = [twin_exposure(model, c) for c in range(5)]
    rows = model.state.partnerships.used[model.state.active]
    rows = rows[(rows["status"] == ACTIVE) & (rows["working_countries_now"] >= 2)]
    # every person-month together belongs to one country, one sector and one funder; what ended this month is gone
    joint = rows["collaboration_now"].sum()
    assert joint == pytest.approx(model.series()["collaboration"][-1], rel=0.05)
    assert sum(part["sector"] for part in parts) == pytest.approx(
        np.bincount(rows["sector"], rows["collaboration_now"], len(SECTORS))
    )
    own = rows["collaboration_now"][rows["funder"] < 0].sum()
    assert sum(part["funder"] for part in parts) == pytest.approx([joint - own, own])
    # once for every kind of input that it needs
    assert all(part["supplier"].sum() <= len(INPUTS) * part["sector"].sum() + 1e-9 for part in parts)
    assert any(part["supplier"].sum() > part["sector"].sum() for part in parts)
    joint = np.array([part["partner"] for part in parts])
    np.testing.assert_allclose(joint, joint.T)
    assert (np.diag(joint) == 0.0).all()


@pytest.fixture(scope="module")
def few():
    return brief("country=GB", "replicates=2", *TINY, "partners=1")


def test_a_handful_of_replicates_gives_no_interval(few):
    assert few.breaks[["low", "high"]].isna().all(axis=None)
    assert few.breaks["lost_share"].notna().all()
    assert few.text().count("(no interval)") == len(few.breaks) + 1


def test_breaks_are_ranked_with_intervals(found):
    table = found.breaks
    assert table["rank"].tolist() == list(range(1, len(table) + 1))
    assert table["lost_share"].is_monotonic_decreasing
    assert ((table["low"] <= table["lost_share"]) & (table["lost_share"] <= table["high"])).all()
    assert table["kind"].value_counts().to_dict() == {
        "diplomatic_rupture": 2, "supplier_loss": 2, "programme_exclusion": 1, "funder_withdrawal": 1,
    }  # fmt: skip
    assert "no interval" not in found.text()
    # in a world where the programme pays for most work, its loss is felt, if five replicates are too few to be sure
    lost = table.set_index("kind")["lost_share"]
    assert lost["programme_exclusion"] > 0.0
    assert table["replicates"].tolist() == [5] * 6


def test_the_text_says_what_it_is(found):
    text = found.text()
    for words in ("A quick look", "5 replicates of world classroom", "at its default", "Partner countries", "noise"):
        assert words in text
    assert max(map(len, text.splitlines())) <= 120


def test_the_same_question_has_the_same_answer(few):
    again = brief("country=gbr", "replicates=2", *TINY, "partners=1")
    assert again.text() == few.text()


def test_breaks_aim_at_main_partners_and_suppliers():
    question = ask(["country=CH", *TINY])
    world = question.world
    joint = np.array([0.0, 1.0, 5.0, 9.0, 2.0])
    settings = {label: item for label, (_, item) in chosen_breaks(question, joint).items()}
    ruptures = [item for item in settings.values() if item["kind"] == "diplomatic_rupture"]
    # shares of joint work .06 .29 .53 .12 (DEU ESP GBR POL), of co-publications .53 .12 .31 .04
    assert [item["targets"] for item in ruptures] == [["GBR"], ["DEU"]]
    assert all(item["counterparts"] == ["CHE"] for item in ruptures)
    assert settings["exclusion from the programme"]["targets"] == ["CHE"]
    # the option that ships gives a year's notice
    assert settings["exclusion from the programme"]["effective_after_months"] == 12
    needed = (world.country_sector_share[question.country][:, None] * world.input_intensity).sum(axis=0)
    bought = (needed[:, None] * world.purchases[:, question.country]).sum(axis=0)
    bought[question.country] = 0.0
    largest = world.countries[int(np.argmax(bought))]
    assert next(item["targets"] for item in settings.values() if item["kind"] == "supplier_loss") == [largest]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("UK", "GBR"),
        ("GB", "GBR"),
        ("GBR", "GBR"),
        ("gr", "GRC"),
        ("EL", "GRC"),
        ("NO", "NOR"),
        ("united kingdom", "GBR"),
        ("Turkey", "TUR"),
        ("the Netherlands", "NLD"),
    ],
)
def test_codes(code, expected):
    world = load_world(ask(["country=DE", "world=europe"]).request.scenario.world)
    assert world.countries[find_country(code, world)] == expected


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ((), "country: is missing; allowed: one of Switzerland, Germany"),
        (
            ("country=NL",),
            "country=NL: no such country in world 'classroom'; allowed: countries by code or name: CHE, DEU",
        ),
        (("country=DEX",), "did you mean DEU?"),
        (("country=ROW", "world=europe"), "country=ROW: no such country in world 'europe'"),
        (("country=bloc:eu",), "country=bloc:eu: no such country"),
        (("country=DE", "replicates=1"), "replicates=1: out of range"),
        (("country=DE", "replicates=many"), "replicates=many: wrong type"),
        (("country=DE", "shocks=supplier_loss"), "shocks=supplier_loss: has no place here"),
        (("country=DE", "shocks.supplier_loss.severity=1"), "has no place here"),
        (("country=DE", "experiment=headline"), "has no place here"),
        (("country=DE", "world.scal=1"), "did you mean world.scale?"),
        (("country=DE", "-m"), "does not work on brief"),
    ],
)
def test_bad_questions_are_one_line(words, line, capsys):
    assert main(["brief", "world=classroom", *words]) == 2
    said = capsys.readouterr()
    assert line in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""


def test_help_says_how(capsys):
    assert main(["brief", "--help"]) == 0
    assert "ecosim brief country=NL" in capsys.readouterr().out
    main(["--help"])
    assert "brief    country=CODE" in capsys.readouterr().out


def test_a_failed_replicate_is_named(monkeypatch):
    from ecosim.evidence import brief as module

    whole = module.run_replicate

    def sometimes(payload):
        if payload["replicate"] == 1:
            return {"replicate": 1, "error": "ValueError: made to fail"}
        return whole(payload)

    monkeypatch.setattr(module, "run_replicate", sometimes)
    found = brief("country=CH", "replicates=3", *TINY)
    assert found.failed == ("replicate 1: ValueError: made to fail",)
    assert found.breaks["replicates"].tolist() == [2] * 6
    with pytest.raises(InputError, match="replicates=2: fewer than two could be used"):
        brief("country=CH", "replicates=2", *TINY)


@pytest.mark.slow
def test_processes_do_not_change_the_answer(found):
    words = ["country=GB", "replicates=5", *TINY, "runner.processes=2"]
    assert brief(*words).text() == found.text()


# ---------------------------------------------------------------------------------------------- named breaks


def places(text, country="CHE", world="europe"):
    question = ask([f"country={country}", f"world={world}", f"break={text}"])
    codes = question.world.countries
    return {label: [codes[k] for k in found] for label, found in question.named.items()}


def test_breaks_may_be_composed():
    assert places("DEU+GBR") == {"rupture with Germany and United Kingdom": ["DEU", "GBR"]}
    assert places("[de, UK]") == {"rupture with Germany": ["DEU"], "rupture with United Kingdom": ["GBR"]}
    assert places("NO") == {"rupture with Norway": ["NOR"]}
    assert places("[NO,SE]") == {"rupture with Norway": ["NOR"], "rupture with Sweden": ["SWE"]}
    assert places("the Netherlands") == {"rupture with Netherlands": ["NLD"]}
    assert places("'United Kingdom+Germany'") == {"rupture with United Kingdom and Germany": ["DEU", "GBR"]}
    both = places("[bloc:eu,bloc:efta+GBR]", country="NOR")
    assert list(both) == ["rupture with bloc:eu", "rupture with bloc:efta and United Kingdom"]
    assert len(both["rupture with bloc:eu"]) == 27 + 1
    # a member of a bloc breaks with the others
    assert "NOR" not in both["rupture with bloc:efta and United Kingdom"]
    assert "CHE" in both["rupture with bloc:efta and United Kingdom"]


def test_a_composed_break_is_one_rupture_with_all_at_once():
    question = ask(["country=CH", "break=DEU+GBR", *TINY])
    chosen = chosen_breaks(question, np.zeros(5))
    (label,) = chosen
    settings = chosen[label][1]
    assert (settings["targets"], settings["counterparts"]) == (["DEU", "GBR"], ["CHE"])


def test_named_breaks_are_tried_and_no_others():
    found = brief("country=CH", "break=[DEU,GBR,DEU+GBR]", "replicates=5", *TINY)
    lost = found.breaks.set_index("break")["lost_share"]
    assert len(lost) == 3
    # two main partners lost at once cost more than either
    assert lost["rupture with Germany and United Kingdom"] > max(lost.drop("rupture with Germany and United Kingdom"))
    assert found.breaks["rank"].tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("country=CH", "break=FRA"), "break=FRA: no such country in world 'classroom'; allowed: bloc:NAME, countries"),
        (("country=CH", "break=DEX"), "did you mean DEU?"),
        (("country=CH", "break="), "break: names no country; allowed: DEU+GBR (both at once) or [bloc:eu,NLD]"),
        (("country=CH", "break=DEU+"), "break=DEU+: lacks a country"),
        (("country=CH", "break=[DEU,]"), "break=[DEU,]: names no country"),
        (("country=CH", "break=CHE"), "break=CHE: is the country itself; allowed: other countries"),
        (("country=CH", "break=bloc:efta"), "break=bloc:efta: is the country itself"),
        (("country=CH", "break=bloc:narnia"), "break=bloc:narnia: no such bloc in world 'classroom'; allowed: bloc:"),
        (("country=CH", "break=DEU+DE"), "break=DEU+DE: names DE twice"),
        (("country=CH", "break=[DEU+GBR,GBR+DEU]"), "GBR+DEU is the same break as one before it"),
        (("country=CH", "break=DEU", "break=GBR"), "break=GBR: given twice; allowed: break=[DEU,GBR] for several"),
        (("country=CH", "programme=narrow,narrow"), "programme=narrow,narrow: does not name two different programmes"),
        (("country=CH", "programme=narrow,even,staged"), "does not name two different programmes"),
        (("country=CH", "programme=narrow,nothing"), "programme=nothing: no such option; allowed: broad, even"),
        (("focus=NL",), "focus=NL: no such country in world 'classroom'"),
        (("country=CH", "focus=NL"), "focus=NL: no such country in world 'classroom'"),
        (("country=CH", "replicates=["), "replicates=[: cannot be read"),
    ],
)
def test_bad_breaks_are_one_line(words, line, capsys):
    assert main(["brief", "world=classroom", *words]) == 2
    said = capsys.readouterr()
    assert line in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""


# ---------------------------------------------------------------------------------------------- focus, programmes


def test_a_focus_alone_is_the_country():
    question = ask(["focus=CH", *TINY])
    assert question.world.countries[question.country] == "CHE"
    assert question.focus == question.country


def test_another_country_in_focus_stands_beside(found):
    words = ("break=DEU", "replicates=5", *TINY)
    beside = brief("country=GB", "focus=POL", *words)
    row = beside.breaks.iloc[0]
    assert beside.seen_from == "Poland"
    # the country's own loss is the same whoever looks on, and the other's is another
    alone = brief("country=GB", *words).breaks.iloc[0]
    assert row["lost_share"] == alone["lost_share"]
    assert row["focus_low"] <= row["focus_lost_share"] <= row["focus_high"]
    assert row["focus_lost_share"] != row["lost_share"]
    text = beside.text()
    assert "In the last columns: what Poland loses of its own; below zero it gains." in text
    assert f"{100 * row['focus_lost_share']:.1f} %" in text
    assert "focus_lost_share" not in found.breaks


def test_two_programmes_stand_side_by_side():
    words = ("country=CH", "break=[DEU,GBR]", "replicates=5", *TINY)
    both = brief(*words, "programme=observed,narrow")
    single = {name: brief(*words, f"programme={name}") for name in ("observed", "narrow")}
    assert (both.programme, both.beside.programme) == ("observed", "narrow")
    for side, name in ((both, "observed"), (both.beside, "narrow")):
        assert side.breaks["lost_share"].tolist() == single[name].breaks["lost_share"].tolist()
        assert side.exposure["twin_share"].tolist() == pytest.approx(single[name].exposure["twin_share"].tolist())
    table = both.differences
    assert table["difference"].to_numpy() == pytest.approx((table["second"] - table["first"]).to_numpy())
    assert (table["low"] <= table["difference"]).all()
    text = both.text()
    assert "twin, observed" in text
    assert "twin, narrow" in text
    assert "narrow less observed in points" in text
    assert max(map(len, text.splitlines())) <= 120


def test_both_programmes_have_the_burn_in_that_the_slower_one_needs():
    question = ask(["country=CH", "world=classroom", "programme=observed,narrow", "programme.months_between_calls=48"])
    assert len({request.scenario.timeline.burn_in_months for request in question.programmes.values()}) == 1


# ---------------------------------------------------------------------------------------------- how long, who, money


@pytest.fixture(scope="module")
def wide():
    words = (*TINY, "blocs=[efta,eu]", "own_eur=5e7", "own_policy=mobility_led")
    return brief("country=ES", "replicates=5", *words)


def test_blocs_break_beside_partners(wide, found):
    assert {"rupture with bloc:efta", "rupture with bloc:eu"} <= set(wide.breaks["break"])
    assert not any("bloc" in name for name in found.breaks["break"])
    lost = wide.breaks.set_index("break")["lost_share"]
    assert lost["rupture with bloc:eu"] > lost["rupture with bloc:efta"]


def test_half_years_add_up_to_the_whole(wide):
    course = wide.course[wide.course["break"] == "rupture with bloc:eu"]
    assert course["to_month"].tolist() == [6, 12, 18, 24]
    # the half-years weigh alike but for how much the twin does in them
    whole = wide.breaks.set_index("break").loc["rupture with bloc:eu", "lost_share"]
    assert course["lost_share"].min() <= whole <= course["lost_share"].max()
    assert "placebo" in set(wide.course["break"])


def test_for_how_long_is_told_by_half_years():
    from ecosim.evidence.brief_tables import lasting

    def told(lost, reach):
        rows = [("a", 6 * k, 6 * k + 6, one, one - reach, one + reach) for k, one in enumerate(lost)]
        columns = ["break", "from_month", "to_month", "lost_share", "low", "high"]
        return tuple(lasting(pd.DataFrame(rows, columns=columns)).loc[0, ["months_below", "back_after_months"]])

    # down to 5 % half-way between the middles of the second and the third half-year
    assert told([0.2, 0.1, 0.0, 0.0], 0.05) == (12.0, 12.0)
    assert told([0.2, 0.2, 0.2, 0.2], 0.05) == (24.0, np.inf)
    assert told([0.01, 0.02, 0.0, 0.0], 0.05) == (0.0, 0.0)
    assert np.isnan(told([0.2, 0.1, 0.0, 0.0], np.nan)[0])


def test_who_gains_is_told_of_all_other_countries(wide):
    assert set(wide.others["code"]) == {"CHE", "DEU", "GBR", "POL"}
    assert set(wide.others["break"]) == set(wide.breaks["break"])
    assert ((wide.others["low"] <= wide.others["changed_share"]) | wide.others["low"].isna()).all()
    # the partner of a rupture loses, and is never said to gain
    partner = wide.others[(wide.others["break"] == "rupture with bloc:eu") & (wide.others["code"] == "DEU")]
    assert partner["changed_share"].item() < 0.0
    assert "For how long, and who gains" in wide.text()


def test_money_of_its_own_has_a_verdict(wide, found):
    own = wide.money.iloc[0]
    assert (own["code"], own["draws"]) == ("ESP", 5)
    assert own["low"] <= own["changed_share"] <= own["high"]
    assert own["draw_min"] <= own["changed_share"] <= own["draw_max"]
    assert own["changed_share"] != 0.0
    text = " ".join(wide.text().split())
    assert "Its own money: EUR 50 million a month for the levers of policy=mobility_led" in text
    assert len(found.money) == 0
    assert "Its own money" not in found.text()
    assert max(map(len, wide.text().splitlines())) <= 120


def test_open_breaks_say_nothing_of_how_long_on_average():
    from ecosim.evidence.brief_words import lasting_words

    row = {"months_below": 0.0, "back_after_months": 12.0, "verdict": "undecided", "no_verdict": ""}
    assert lasting_words(row, 24) == "undecided"
    assert lasting_words(row | {"verdict": "hurts"}, 24) == (
        "in no half-year surely less, on average within 5 % after 12 months"
    )


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("blocs=[narnia]",), "blocs=bloc:narnia: no such bloc"),
        (("own_eur=-1",), "own_eur=-1: out of range"),
        (("own_eur=1e6", "own_policy=none"), "own_policy=none: buys nothing"),
        (("own_eur=1e6", "policy=balanced"), "own_eur=1e+06: cannot be told"),
    ],
)
def test_bad_blocs_and_money_are_one_line(words, line, capsys):
    assert main(["brief", "world=classroom", "country=CH", *words]) == 2
    said = capsys.readouterr()
    assert line in said.err
    assert said.err.count("\n") == 1
