"""One government alone against all together, and new money, from made-up months of which the answer is known."""

import numpy as np
import pandas as pd
import pytest

from ecosim.analysis.actors import ACTING, alone_and_together, money_set, new_money
from ecosim.report.answer import acting_text
from ecosim.report.screen import acting_words

POLICIES = ("nobody", "alone", "together")
#: Output a month of NLD and of the other country, by policy.
OUTPUT = {"nobody": (100.0, 400.0), "alone": (99.0, 402.0), "together": (103.0, 440.0)}


def manifest(**more):
    levers = {"visa_facilitation": 0.5, "matchmaking": 0.5}
    settings = {
        "nobody": {f"policy.levers.{name}": 0.0 for name in levers}, "alone": {"policy.actor": ["NLD"]}, "together": {},
    }  # fmt: skip
    return {
        "scenario": {"policy": {"levers": levers, "actor": "all", "additional_eur": 0.0}},
        "policies": [
            {"history_id": k, "levels": {"who": name}, "settings": settings[name] | more.get(name, {})}
            for k, name in enumerate(POLICIES)
        ],
    }


def design():
    return pd.DataFrame({
        "design_id": [0, 1, 2], "history_id": [0, 1, 2], "shock": "rupture", "shocks": "rupture", "policy": POLICIES,
        "reference": [True, False, False], "who": POLICIES,
    })  # fmt: skip


def countries(replicates=6, kept=0.5):
    random = np.random.default_rng(2)
    rows = []
    for replicate in range(replicates):
        luck = 1.0 + 0.1 * random.normal()
        for k, policy in enumerate(POLICIES):
            for arm, share in (("twin", 1.0), ("shocked", kept)):
                for month in (60, 61):
                    for country, output in zip(("NLD", "DEU"), OUTPUT[policy], strict=True):
                        rows.append({
                            "design_id": k if arm == "shocked" else None, "history_id": k, "replicate": replicate,
                            "arm": arm, "month": month, "country": country, "output": luck * share * output,
                            "collaboration": luck * share * output / 2.0,
                        })  # fmt: skip
    return pd.DataFrame(rows)


def found(**more):
    return alone_and_together(countries(), manifest(**more), design())


@pytest.mark.parametrize("shock", ["", "rupture"])
@pytest.mark.parametrize("outcome", ["output", "collaboration"])
def test_alone_costs_the_actor_and_together_all_gain(shock, outcome):
    table = found().set_index(["shock", "acts", "of", "outcome"])["estimate"]
    for acts, of, share in (("alone", "itself", -0.01), ("alone", "others", 0.005),
                            ("together", "itself", 0.03), ("together", "others", 0.1)):  # fmt: skip
        assert table[shock, acts, of, outcome] == pytest.approx(share)


def test_intervals_are_of_paired_replicates():
    """Luck that all policies share is no uncertainty of the difference, but for its size."""
    row = found().iloc[0]
    assert row["clusters"] == 6
    assert row["low"] < row["estimate"] < row["high"] < 0.0


def test_a_bloc_that_acts_is_its_members():
    """Both countries are in the Union: then there are no others, and together they have what all have."""
    table = found(alone={"policy.actor": ["bloc:eu"]}).set_index(["shock", "acts", "of", "outcome"])["estimate"]
    assert table["", "together", "itself", "output"] == pytest.approx(43.0 / 500.0)
    assert np.isnan(table["", "together", "others", "output"])


def test_where_nobody_acts_alone_there_is_nothing():
    assert found(alone={"policy.actor": "all"}).empty
    assert list(found(alone={"policy.actor": "all"}).columns) == list(ACTING)
    # nor without a policy that moves nothing
    assert found(nobody={"policy.levers.matchmaking": 1.0}).empty
    assert acting_text(found(alone={"policy.actor": "all"})) == []
    assert acting_words(found(alone={"policy.actor": "all"})) == ""


def test_together_is_the_same_levers_and_the_same_rules():
    other = found(together={"programme.tranches": 3})
    assert set(other["acts"]) == {"alone"}


def test_it_is_said_with_its_intervals():
    lines = acting_text(found())
    assert any(line.strip().startswith("alone     itself -1.") for line in lines)
    assert "Netherlands, in calm times" in "\n".join(lines)
    words = acting_words(found())
    assert words.startswith(
        "Netherlands acts, output in calm times beside nobody: alone: itself -1.0 %, others +0.5 %; together"
    )


def test_what_is_open_is_called_open():
    table = found().assign(low=-1.0, high=1.0)
    assert any(line.strip().startswith("alone     itself open [-100.00, +100.00]") for line in acting_text(table))
    assert "itself open" in acting_words(table)


def test_money_set_reads_what_policies_set():
    sets = money_set(manifest(), design())
    assert sets["nobody"].levers == ()
    assert sets["alone"].actor == ("NLD",)
    assert new_money(manifest(), design()) == {}
    assert new_money(manifest(alone={"policy.additional_eur": 2e6}), design()) == {"alone": 2e6}


def test_results_that_do_not_say_what_policies_set_say_nothing():
    old = {**manifest(), "policies": [{"history_id": 0, "levels": {}}]}
    assert money_set(old, design()) == {}
    assert new_money(old, design()) == {}
    assert alone_and_together(countries(), old, design()).empty
