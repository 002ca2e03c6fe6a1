from __future__ import annotations

from collections import Counter

import pandas as pd

from ecosim.report.hit import MOST_NAMED, Hits, countries_of, hit_words, how_often

DESIGN = pd.DataFrame({"design_id": [0, 1, 2], "shock": ["loss", "both", "loss"], "reference": [True, True, False]})


def runs(*rows: tuple[int | None, int, str | None]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["design_id", "replicate", "targets"])
    return table.assign(arm=["twin" if row[0] is None else "shocked" for row in rows])


def test_a_cell_names_countries_by_shock() -> None:
    assert countries_of("rupture: DEU FRA; supplier: CHN") == {"rupture": ("DEU", "FRA"), "supplier": ("CHN",)}
    assert countries_of("withdrawal: all") == countries_of(None) == countries_of("") == {}


def test_each_replicate_of_the_reference_policy_counts_once() -> None:
    table = runs(
        (None, 0, None), (0, 0, "loss: DEU"), (0, 1, "loss: DEU FRA"), (2, 0, "loss: ITA"), (2, 1, "loss: ITA"),
        (1, 0, "loss: DEU; fails: all"), (1, 1, "loss: DEU FRA; fails: all"),
    )  # fmt: skip
    found = how_often(table, DESIGN)
    counts = Counter(DEU=2, FRA=1)
    assert found == {"loss": Hits(2, {"loss": counts}, counts), "both": Hits(2, {"loss": counts}, counts, ("fails",))}
    assert found["loss"].shares("loss") == {"DEU": 1.0, "FRA": 0.5}


def test_a_country_that_two_shocks_hit_counts_once() -> None:
    table = runs((1, 0, "loss: DEU; cut: DEU FRA"), (1, 1, "loss: ITA; cut: DEU"))
    assert how_often(table, DESIGN)["both"].shares() == {"DEU": 1.0, "FRA": 0.5, "ITA": 0.5}


def test_a_shock_that_hits_all_alike_names_none_and_is_kept() -> None:
    found = how_often(runs((0, 0, "fails: all"), (0, 1, "fails: all")), DESIGN)["loss"]
    assert (found.alike, found.shares()) == (("fails",), {})
    assert hit_words(found.replicates, found.by_shock) == ""


def test_results_of_before_targets_were_kept_say_nothing() -> None:
    assert how_often(runs((0, 0, "loss: DEU")).drop(columns="targets"), DESIGN) == {}


def test_the_sentence_is_short_whatever_was_hit() -> None:
    assert hit_words(10, {"loss": Counter(DEU=2, CHE=1, FRA=2)}) == (
        "Countries hit (in how many of 10 replicates): DEU 2, FRA 2, CHE 1."
    )
    assert hit_words(1, {"a_b": Counter(["DEU"]), "c": Counter(["FRA"])}) == "Countries hit: a b DEU; c FRA."
    many = hit_words(3, {"loss": Counter(f"X{k:02d}" for k in range(28))})
    assert many.endswith(f" and {28 - MOST_NAMED} more.")
    assert len(many) < 100
