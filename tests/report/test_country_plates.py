"""Countries in a report: how often they are hit, who loses and who gains, and what is wrong in their table."""

import json

import numpy as np
import pandas as pd
import pytest

from ecosim.errors import InputError
from ecosim.lab import api
from ecosim.report import country_plates
from ecosim.report.content import AbsentError, Content
from ecosim.report.folder import BY_COUNTRY, COUNTRIES

CODES = ("DEU", "FRA", "ITA", "ROW")


@pytest.fixture
def folder(request_for):
    """A small sweep of the model with nothing inside, to which countries are added by hand."""
    folder = api.run_sweep(request_for("output.figures=false"), quiet=True).folder
    runs = pd.read_parquet(folder / "runs.parquet")
    design = pd.read_parquet(folder / "design.parquet").set_index("design_id")
    shocked = runs["arm"] == "shocked"
    shock = runs["design_id"].map(design["shock"])
    hit = np.where(runs["replicate"] % 2 == 0, "DEU", "DEU FRA")
    runs["targets"] = [
        f"{name}: {codes}" if yes else None for name, codes, yes in zip(shock, hit, shocked, strict=True)
    ]
    runs.to_parquet(folder / "runs.parquet", index=False)
    change = np.array([-4.0, -1.0, 0.5, 0.1])
    parts = []
    for number, row in design.iterrows():
        part = pd.DataFrame({"design_id": number, "policy": row["policy"], "shock": row["shock"], "country": CODES,
                             "replicates": 2, "rank": [1, 2, 4, 3]})  # fmt: skip
        for column in ("output", "collaboration"):
            part[f"{column}_twin"], part[f"{column}_change"] = 10.0, change
            part[f"{column}_share"] = change / 10.0
            part[f"{column}_share_low"] = change / 10.0 - 0.2
            part[f"{column}_share_high"] = change / 10.0 + 0.2
        parts.append(part)
    pd.concat(parts).to_csv(folder / BY_COUNTRY, index=False)
    # what was changed by hand is vouched for by nobody
    manifest = json.loads((folder / "manifest.json").read_text())
    for name in ("digest", "files", "pending"):
        manifest.pop(name, None)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def plate_of(content, name):
    return next(plate for plate in country_plates.country_plates(content) if plate.name == name)


def test_the_map_counts_replicates(folder):
    content = Content(folder)
    plate = plate_of(content, "hit")
    assert [hit.shares for hit in content.hit_panels()] == [{"DEU": 1.0, "FRA": 0.5}] * 2
    assert "Germany 100 %, France 50 %" in plate.reading(content)
    assert len(plate.draw(content).axes) == 2


def test_who_loses_most_is_named_only_where_it_is_sure(folder):
    content = Content(folder)
    shock = content.shocks[0]
    plate = plate_of(content, f"countries_{shock}")
    said = plate.reading(content)
    # 40 percent, with 20 to either side; of the other three the sign is open
    assert said == (
        "Germany surely loses most, 10.00 points of all countries' output and 40 % of its own; none surely gains; of 3 "
        "of the 4 shown the sign is open."
    )
    labels = [label.get_text() for label in plate.draw(content).axes[0].get_yticklabels()]
    assert labels == ["Germany", "France 50 %", "rest of the world", "Italy"]


def test_nothing_sure_is_said_to_be_open(folder):
    table = pd.read_csv(folder / BY_COUNTRY)
    table["output_share_low"] = -1.0
    table["output_share_high"] = 1.0
    table.to_csv(folder / BY_COUNTRY, index=False)
    content = Content(folder)
    said = plate_of(content, f"countries_{content.shocks[0]}").reading(content)
    assert said == "Of no country is it sure whether it loses or gains."


def test_a_shock_of_two_branches_stands_once_where_it_hits_alike(folder):
    content = Content(folder)
    first, second = content.hits.values()
    (name,) = first.by_shock
    content.hits["again"] = first
    assert len(content.hit_panels()) == 2
    content.hits["other"] = type(second)(second.replicates, {name: next(iter(second.by_shock.values())).copy()},
                                         second.by_any)  # fmt: skip
    content.hits["other"].by_shock[name]["ITA"] = 1
    assert [hit.title for hit in content.hit_panels()][-1].endswith("(other)")


def test_what_was_not_kept_is_said(folder):
    for name in (BY_COUNTRY, COUNTRIES):
        (folder / name).unlink(missing_ok=True)
    runs = pd.read_parquet(folder / "runs.parquet").drop(columns="targets")
    runs.to_parquet(folder / "runs.parquet", index=False)
    content = Content(folder)
    with pytest.raises(AbsentError, match="which countries were hit was not kept"):
        plate_of(content, "hit").draw(content)
    with pytest.raises(AbsentError, match=r"output\.countries=none"):
        plate_of(content, f"countries_{content.shocks[0]}").draw(content)


def test_of_many_shocks_the_first_are_drawn(folder, monkeypatch):
    monkeypatch.setattr(country_plates, "MOST_BRANCHES", 1)
    content = Content(folder)
    last = country_plates.country_plates(content)[-1]
    with pytest.raises(AbsentError, match=r"there are 2 shocks, the first 1 are drawn; by_country\.csv has all"):
        last.draw(content)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.assign(output_twin="much"), "column output_twin, row 1: holds 'much'; allowed: a finite number"),
        (lambda t: t.drop(columns="country"), "column country: is missing"),
        (lambda t: t.assign(policy="strange"), "column policy, row 1: holds 'strange', which design.parquet does not"),
    ],
)
def test_a_damaged_table_is_refused_in_one_line(folder, change, said):
    path = folder / BY_COUNTRY
    change(pd.read_csv(path)).to_csv(path, index=False)
    with pytest.raises(InputError) as error:
        _ = Content(folder).by_country
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_another_format_under_the_name_is_refused(folder):
    (folder / BY_COUNTRY).write_bytes(b"\xff\xfe\x00PAR1")
    with pytest.raises(InputError, match=r"by_country\.csv"):
        _ = Content(folder).by_country
