"""Where a country is hardly simulated, no command gives a verdict on its loss, and each says why in one line."""

import json
import re
import shutil

import numpy as np
import pandas as pd
import pytest

from ecosim.analysis.contrasts import OPEN
from ecosim.cli import main
from ecosim.evidence.brief import brief
from ecosim.lab import api
from ecosim.lab.compose import compose_plain, make_request
from ecosim.lab.coverage import facts_of, measured, simulated_of
from ecosim.report.page import write_report
from ecosim.report.results import load
from ecosim.tables import ACTIVE
from ecosim.world import load_world
from ecosim.world.facts import INPUTS
from tests.models import small

#: Europe, in which China is known for its co-publications and hardly takes part in the programme.
EUROPE = (
    "world=europe", "world.scale=0.01", "timeline.burn_in_months=24", "timeline.calm_months=12",
    "timeline.calm_jitter_months=0", "timeline.response_months=24", "runner.processes=0", "output.figures=false",
)  # fmt: skip
CHINA = ("shocks=[diplomatic_rupture]", "shocks.diplomatic_rupture.targets=[CHN]")
WHY = re.compile(r"No verdict on [a-z ]+: China has 0\.\d+ % of the simulated joint work, beside 4\.\d % of\s+co-publ")


# ---------------------------------------------------------------------------------------------- what is measured


def test_facts_are_co_publications_and_foreign_inputs():
    world = small().setting.world
    facts = facts_of(world)
    assert (np.diag(facts["member_country"]) == 0.0).all()
    one, other = world.country_index("CHE"), world.country_index("DEU")
    assert facts["member_country"][one, other] == world.copublications[one, other]
    assert (facts["supplier"][:, range(5), range(5)] == 0.0).all()
    # of each kind, what is bought abroad; kinds as the programme's work needs them
    bought = facts["supplier"][:, one] / facts["supplier"][:, one].sum(axis=1, keepdims=True)
    shares = np.where(np.arange(5) == one, 0.0, world.supplier_share)
    np.testing.assert_allclose(bought, shares / shares.sum(axis=1, keepdims=True))
    needed = (world.sector_money_share[:, None] * world.input_intensity).sum(axis=0)
    abroad = world.foreign_input_share[:, one]
    np.testing.assert_allclose(
        facts["supplier"][:, one].sum(axis=1), world.participation_share[one] * needed * abroad
    )  # fmt: skip
    assert world.foreign_input_share[0, one] != world.foreign_input_share[2, one]


def test_the_simulated_world_is_its_joint_work_and_its_sites():
    model = small().advance(30)
    found = simulated_of(model)
    joint = model.country_pairs()
    np.testing.assert_allclose(found["member_country"], joint * ~np.eye(5, dtype=bool))
    by_hand = np.zeros((len(INPUTS), 5, 5))
    working = model.state.partnerships.used
    under_way = set(model.state.active.tolist())
    for row in model.state.supplies.used:
        one = working[row["partnership"]]
        if row["partnership"] in under_way and one["status"] == ACTIVE and row["place"] != row["main"]:
            by_hand[row["kind"], row["place"], row["main"]] += one["work_now"] / one["sites"]
    assert by_hand.sum() > 0.0
    np.testing.assert_allclose(found["supplier"], by_hand)


def test_what_is_hit_is_what_the_shock_takes():
    model = small(
        shocks={
            "rupture": {"kind": "diplomatic_rupture", "targets": ["CHE"], "counterparts": ["DEU"]},
            "inputs": {"kind": "supplier_loss", "targets": ["DEU"]},
            "money": {"kind": "funder_withdrawal"},
        }
    ).advance(30)
    table = pd.DataFrame(measured(model, ["rupture", "inputs", "money"], simulated_of(model)))
    # of a rupture, the pairs that break; of a funder, nothing; inputs go to all but the country itself
    assert list(table.loc[table["shock"] == "rupture", ["country", "partner"]].itertuples(index=False, name=None)) == [
        ("CHE", "DEU")
    ]
    inputs = table[table["shock"] == "inputs"]
    assert set(inputs["partner"]) == {"CHE", "ESP", "GBR", "POL"}
    assert set(inputs["at_risk"]) == {"supplier"}
    assert set(table["shock"]) == {"rupture", "inputs"}
    joint = model.country_pairs() * ~np.eye(5, dtype=bool)
    one, other = (model.setting.world.country_index(code) for code in ("CHE", "DEU"))
    row = table[table["shock"] == "rupture"].iloc[0]
    assert row["simulated_of_world"] == pytest.approx(joint[one, other] / joint.sum())
    assert row["simulated_of_partner"] == pytest.approx(joint[one, other] / joint[other].sum())


# ---------------------------------------------------------------------------------------------- what is said


def test_run_gives_no_verdict_on_the_loss_of_china(tmp_path, capsys, no_pictures):
    assert main(["run", *EUROPE, *CHINA, f"output.folder={tmp_path}"]) == 0
    said = capsys.readouterr().out
    assert WHY.search(said)
    assert "Countries hit: CHN." in said
    # neither the loss nor the recovery is a number
    assert "less collaboration and" not in said
    assert "back within" not in said
    assert "nothing to recover from" not in said
    folder = next((tmp_path / "run").iterdir())
    table = pd.read_parquet(folder / "coverage.parquet")
    assert set(table["country"]) == {"CHN"}
    assert len(table) == 42
    # the report of the run says the same
    write_report(folder)
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "No verdict on diplomatic rupture: China has" in page
    assert "less collaboration and" not in page


def test_run_says_what_is_covered(tmp_path, capsys):
    words = ("shocks=[diplomatic_rupture]", "shocks.diplomatic_rupture.targets=[DEU]", f"output.folder={tmp_path}")
    assert main(["run", *EUROPE, *words]) == 0
    said = capsys.readouterr().out
    assert "less collaboration and" in said
    assert "Coverage: Germany has" in said
    assert "No verdict" not in said


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """Two policies under the loss of China, of Germany, and of China as a supplier."""
    words = [
        *EUROPE, "shocks=[diplomatic_rupture,supplier_loss]", "shocks.diplomatic_rupture.targets=[CHN]",
        "shocks.germany={kind: diplomatic_rupture, targets: [DEU]}", "shocks.supplier_loss.targets=[CHN]",
        "experiment.name=thin", "experiment.replicates=5", "experiment.factors={programme.tranches: [2, 3]}",
        f"output.folder={tmp_path_factory.mktemp('thin')}",
    ]  # fmt: skip
    return api.run_sweep(make_request(compose_plain(words)), quiet=True)


def test_a_sweep_decides_nothing_about_china(swept):
    assert set(swept.no_verdict) == {"diplomatic_rupture"}
    assert WHY.search(swept.no_verdict["diplomatic_rupture"])
    # what is bought from China is simulated, and so is Germany
    assert swept.covered["supplier_loss"][0].enough
    assert swept.covered["germany"][0].enough
    silent = swept.contrasts[swept.contrasts["shock"] == "diplomatic_rupture"]
    assert len(silent)
    assert set(silent["verdict"]) == {OPEN}
    beside = swept.beside_reference
    assert set(beside.loc[beside["shock"] == "diplomatic_rupture", "verdict"]) == {OPEN}
    assert "diplomatic_rupture" not in swept.standings
    rows = swept.summary.set_index("shock")
    assert rows.loc[["diplomatic_rupture"], "probability_best"].isna().all()
    assert rows.loc[["germany"], "probability_best"].notna().all()


def test_the_screen_has_no_number_for_it(swept):
    lines = swept.screen().split("\n")
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    assert WHY.search(" ".join(lines))
    row = next(line for line in lines if "loses" in line and re.search(r"\d\.\d", line))
    cells = row.split("loses")[1].split()
    # the same three shocks under both measures
    assert len(cells) == 6
    place = list(swept.policies["shock"].dropna().unique()).index("diplomatic_rupture")
    assert [cells[place], cells[3 + place]] == ["-", "-"]
    assert all(re.fullmatch(r"-?\d+\.\d", cell) for k, cell in enumerate(cells) if k % 3 != place)


def test_the_whole_answer_says_it_once_more_and_gives_no_table(swept):
    text = swept.text()
    part = text.split("DIPLOMATIC RUPTURE\n")[1].split("\n\n")[0]
    assert "No verdict on diplomatic rupture" in part
    assert "%  [" not in part
    assert "P(best)" not in part
    assert "Coverage: Germany has" in text
    assert "IN SHORT" in text
    assert "DIPLOMATIC RUPTURE" not in text.split("IN SHORT")[1]


def test_the_report_says_it_and_draws_the_rest(swept, no_pictures):
    write_report(swept.folder)
    page = (swept.folder / "report.html").read_text(encoding="utf-8")
    assert "No verdict on diplomatic rupture: China has" in page
    assert '<figure id="heat_map">' in page


def test_of_one_country_its_own_partners_count(swept):
    """Seen from one country, what those hit are to it counts as well."""
    seen = swept.focused("DEU")
    # what the world does not have is not judged by a chance meeting
    assert seen.covered["diplomatic_rupture"] == swept.covered["diplomatic_rupture"]
    assert "diplomatic_rupture" in seen.no_verdict
    # elsewhere the shares are of what Germany has
    (inputs,) = seen.covered["supplier_loss"]
    assert inputs.seen_from == "Germany"
    world = load_world(make_request(compose_plain(["world=europe"])).scenario.world)
    at, china = world.country_index("DEU"), world.country_index("CHN")
    bought = facts_of(world)["supplier"][:, at].sum(axis=0)
    assert inputs.shares["CHN"][0] == pytest.approx(float(bought[china] / bought.sum()), rel=1e-5)
    assert inputs.shares["CHN"] != swept.covered["supplier_loss"][0].shares["CHN"]
    # for Germany itself, what it is in the world
    assert seen.covered["germany"][0].shares == swept.covered["germany"][0].shares


def test_results_of_before_are_read(swept, tmp_path):
    folder = tmp_path / "old"
    shutil.copytree(swept.folder, folder)
    manifest = (folder / "manifest.json").read_text()
    plain = json.loads(manifest)
    for name in ("coverage.parquet", "start_years.parquet", "by_start_year.csv"):
        (folder / name).unlink()
        del plain["files"][name]
    del plain["digest"]
    (folder / "manifest.json").write_text(json.dumps(plain))
    old = load(folder)
    assert old.covered == {}
    assert old.no_verdict == {}
    assert old.by_start_year.empty
    assert "No verdict" not in old.screen()


def test_a_brief_has_no_number_for_it():
    found = brief("country=USA", "world=europe", "world.scale=0.01", "timeline.burn_in_months=24",
                  "timeline.calm_months=6", "timeline.response_months=24", "runner.processes=0", "replicates=2",
                  "break=[CHN,CHN+GBR]")  # fmt: skip
    table = found.breaks.set_index("break")
    assert table["no_verdict"].str.startswith("No verdict on rupture with China").all()
    assert table[["lost_share", "low", "high", "lost_person_months"]].isna().all(axis=None)
    assert (table["facts_share"] > 0.05).all()
    text = found.text()
    assert re.search(r"-  rupture with China +no verdict: hardly simulated, see below", text)
    assert "United States itself is hardly simulated" in text


def test_validate_gives_no_verdict_where_the_country_is_hardly_there(capsys, monkeypatch):
    from ecosim.lab import coverage

    whole = coverage.simulated_of

    def without_switzerland(model, joint=None):
        found = whole(model, joint)
        at = model.setting.world.country_index("CHE")
        found["member_country"][at] = found["member_country"][:, at] = 0.0
        return found

    monkeypatch.setattr(coverage, "simulated_of", without_switzerland)
    short = ["world=classroom", "world.scale=0.02", "timeline.burn_in_months=24", "timeline.calm_months=6"]
    assert main(["validate", "shocks", *short, "validate.windows=2"]) == 0
    said = capsys.readouterr().out
    assert "No verdict on exclusion of a small country (CHE): Switzerland has 0.0 %" in said
    assert said.count("expected sign") == 3
    assert said.count("Coverage: United Kingdom has") == 2
