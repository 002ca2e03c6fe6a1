"""One scenario as one country sees it: its own loss, gain and partners, beside the world."""

import pandas as pd
import pytest

from ecosim.cli import main
from ecosim.errors import InputError
from ecosim.lab.api import simulate
from ecosim.report.focus import partners_of

WORDS = (
    "world=classroom", "world.scale=0.02", "timeline.burn_in_months=24", "timeline.calm_months=12",
    "timeline.calm_jitter_months=0", "timeline.response_months=36", "shocks=[diplomatic_rupture]",
    "shocks.diplomatic_rupture.targets=[CHE]",
)  # fmt: skip
FEW = ("output.figures=false", "runner.processes=0")


@pytest.fixture(scope="module")
def result():
    return simulate(*WORDS)


def test_partners_are_read_off_the_pairs():
    def row(arm, period, one, other, work):
        design = None if arm == "twin" else 0
        return {"design_id": design, "history_id": 0, "replicate": 0, "arm": arm, "period": period, "country_a": one,
                "country_b": other, "person_months": work}  # fmt: skip

    pairs = pd.DataFrame([
        row("twin", "before", "CHE", "DEU", 5.0), row("twin", "before", "DEU", "GBR", 9.0),
        row("twin", "before", "DEU", "DEU", 99.0), row("twin", "before", "CHE", "GBR", 7.0),
        row("twin", "during", "CHE", "DEU", 6.0), row("twin", "during", "DEU", "GBR", 8.0),
        row("shocked", "during", "DEU", "GBR", 10.0), row("shocked", "during", "DEU", "POL", 1.0),
    ])  # fmt: skip
    found = partners_of("DEU", pairs, 0)
    assert found["partner"].tolist() == ["GBR", "CHE", "POL"]
    assert found["before"].tolist() == [9.0, 5.0, 0.0]
    assert found["change"].tolist() == [2.0, -6.0, 1.0]


def test_the_country_stands_beside_the_world(result):
    text = result.text("Germany")
    own, world = text.split("\n\nAll countries\n")
    assert own.startswith("Germany (DEU) alone")
    assert world == result.text()
    row = result.by_country.set_index("country").loc["DEU"]
    share = 100 * row["collaboration_share"]
    verb = "loses" if share < 0 else "gains"
    assert f"Germany {verb} {abs(share):.1f} % of its collaboration; all countries together lose" in own
    sums = result.by_country[["collaboration_twin", "collaboration_change"]].sum()
    assert f"lose {-100 * sums['collaboration_change'] / sums['collaboration_twin']:.1f} %." in own
    # the partner that broke off, with what is left of it
    (line,) = [line for line in own.splitlines() if line.startswith("  Switzerland ")]
    assert line.split()[-2:] == ["-100.0", "%"] or float(line.split()[-2]) < -50.0
    assert "Coverage: Switzerland has" in own
    assert max(map(len, own.splitlines())) <= 120


def test_any_spelling_names_the_country(result):
    assert result.text("de") == result.text("DEU") == result.text("germany")
    with pytest.raises(InputError, match="focus=FRA: unknown; allowed: CHE, DEU, ESP, GBR, POL"):
        result.text("FRA")


def test_run_takes_a_focus(tmp_path, capsys):
    assert main(["run", *WORDS, *FEW, "focus=UK", f"output.folder={tmp_path}"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("United Kingdom (GBR) alone")
    assert "\nAll countries\nWithout shocks, " in said


def test_the_focus_is_no_part_of_the_scenario(tmp_path, capsys):
    for words in (["focus=UK"], []):
        assert main(["run", *WORDS, *FEW, *words, f"output.folder={tmp_path}"]) == 0
    assert len(list((tmp_path / "run").iterdir())) == 1


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("focus=NLD",), "focus=NLD: is not in world 'classroom'; allowed: CHE, DEU, ESP, GBR, POL"),
        (("focus=GBX",), "did you mean GBR?"),
        (("focus=",), "focus: takes one country; allowed: a country by code or name"),
        (("focus=[DEU,GBR]",), "focus=[DEU,GBR]: takes one country"),
        (("focus=DEU", "output.countries=none"), "allowed: output.countries=all or means"),
    ],
)
def test_a_bad_focus_is_one_line_before_anything_runs(words, line, tmp_path, capsys):
    assert main(["run", *WORDS, *words, f"output.folder={tmp_path}"]) == 2
    said = capsys.readouterr()
    assert line in said.err
    assert said.err.count("\n") == 1
    assert not any(tmp_path.iterdir())


def test_several_runs_take_a_focus_too(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = [*WORDS, *FEW, "focus=POL", f"output.folder={tmp_path}/out", "programme.tranches=2,3"]
    assert main(["run", "-m", *words]) == 0
    assert capsys.readouterr().out.count("Poland (POL) alone") == 2


def test_a_world_without_shocks_names_the_partners():
    calm = simulate(*[word for word in WORDS if not word.startswith("shocks")])
    text = calm.text("DEU")
    assert "Main partners, joint person-months a month: " in text
    assert "\n\nAll countries\n" in text


def test_a_sweep_says_what_becomes_of_the_partners(tmp_path):
    from ecosim.lab import api
    from ecosim.lab.compose import compose_plain, make_request

    words = [*WORDS, *FEW, "experiment.name=seen", "experiment.replicates=2", f"output.folder={tmp_path}"]
    swept = api.run_sweep(make_request(compose_plain(words)), quiet=True)
    seen = swept.focused("DEU")
    assert "WITH WHOM GERMANY WORKS (reference policy, 2 replicates whose pairs were kept)" in seen.text()
    assert "WITH WHOM" not in swept.text()
    table = seen.partners("diplomatic_rupture").set_index("partner")
    assert set(table.index) <= {"CHE", "ESP", "GBR", "POL"}
    assert table.loc["CHE", "change"] < 0


def test_what_a_shock_changes_of_the_countrys_health_is_said_where_it_was_followed():
    from ecosim.report.focus import _health
    from ecosim.report.health import COLUMNS as _HEALTH

    rows = [
        {"arm": arm, "design_id": design, "country": code, "month": month, **dict.fromkeys(_HEALTH, value)}
        for arm, design, value in (("twin", None, 0.25), ("shocked", 1, 0.2), ("shocked", 2, 0.9))
        for code in ("KEN", "USA")
        for month in range(3)
    ]
    months = pd.DataFrame(rows)
    lines = _health("KEN", months, 1)
    assert len(lines) == 1 + len(_HEALTH)
    assert lines[1].split()[-3:] == ["25.0", "20.0", "-5.0"]
    assert max(map(len, lines)) <= 80
    assert _health("KEN", months.drop(columns="health_adoption"), 1) == []
    assert _health("KEN", None, 1) == []


def test_a_run_with_health_says_what_becomes_of_it_in_the_world():
    """Without focus too; a world without shocks has its own numbers, and one without health none."""
    from ecosim.report.health import COLUMNS

    words = [*WORDS[1:], "world=classroom", "mechanisms.health=true"]
    hit = simulate(*words)
    text = hit.text()
    table = text.split("AI for health")[1].splitlines()[1 : 1 + len(COLUMNS)]
    series = hit.series
    month = int(hit.runs["announcement_month"].iloc[0])
    during = series[series["month"] >= month].groupby("arm")
    for line, (column, (said, times)) in zip(table, COLUMNS.items(), strict=True):
        assert line.strip().startswith(said)
        means = [times * during[column].mean()[arm] for arm in ("twin", "shocked")]
        assert line.split()[-3:-1] == [f"{value:,.1f}" for value in means]
    calm = simulate(*[word for word in words if not word.startswith("shocks")]).text()
    assert f"{COLUMNS['health_error_gap'][0]} " in calm
    assert "AI for health" not in simulate(*WORDS).text()
    # of a country its own table comes first
    assert hit.text("DEU").count("AI for health") == 2
