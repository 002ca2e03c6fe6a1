"""Every kind says what it is, and the page shows it."""

import re

import pytest

from ecosim.catalogue.cards import cards, example_of
from ecosim.catalogue.families import FAMILIES
from ecosim.instruments.base import AssetInstrument
from ecosim.lab.compose import compose
from ecosim.model import Ecosystem
from ecosim.scenario import Scenario
from tests.models import SMALL, departs, outcomes, to_the_end
from tools.catalogue_page import PAGE, page

CARDS = list(cards())


def test_there_is_a_card_for_every_kind():
    assert [(card.family, card.kind) for card in CARDS] == [
        (family, kind) for family, registry in FAMILIES.items() for kind in sorted(registry)
    ]


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.kind)
def test_a_card_is_whole(card):
    assert card.summary[0].isupper()
    assert card.summary.endswith(".")
    assert card.text
    assert bool(card.decides) == (card.family == "decisions")
    assert bool(card.price and card.evidence_reason) == (card.family == "instruments")
    # what acts on the world names its handles; who pays or moves money by other rules may have none
    assert card.handles or card.family in ("decisions", "funders")
    assert all(description for _, _, description in card.parameters)


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.kind)
def test_a_card_quotes_the_source_texts_or_says_why_not(card):
    assert bool(card.passage) != bool(card.why_no_passage)
    assert len(card.passage.split()) <= 25
    assert card.why_no_passage == "" or card.why_no_passage.endswith(".")


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.kind)
def test_the_example_of_a_card_is_what_its_command_line_says(card):
    example = example_of(card.family, FAMILIES[card.family][card.kind])
    by_words = compose(*card.example)
    by_settings = Scenario(**example)
    for family in FAMILIES:
        if family in example:
            assert getattr(by_words, family) == getattr(by_settings, family)
    assert card.kind in getattr(by_words, card.family)


@pytest.mark.parametrize("family", ["funders", "shocks"])
def test_every_example_moves_an_outcome(family):
    """Beside the same world without it; of instruments and decisions this is asked in their own rooms."""
    for kind, cls in sorted(FAMILIES[family].items()):
        usual = {"decisions": {}}
        with_it = usual | example_of(family, cls)
        without = with_it | {family: {name: given for name, given in with_it[family].items() if name != kind}}
        reference = _idle({**SMALL, **without}, 24 if "research" in getattr(cls, "stages", ()) else None)
        assert departs(Ecosystem(**{**SMALL, **with_it}), reference), kind


_IDLE = {}


def _idle(scenario, months):
    """Who pays for research moves it within two years, and fills a small world with grants by the end."""
    key = repr((sorted(scenario.items()), months))
    if key not in _IDLE:
        model = Ecosystem(**scenario)
        _IDLE[key] = outcomes(model.advance(months) if months else to_the_end(model))
    return _IDLE[key]


def test_what_is_built_stands_on_the_card():
    by_kind = {card.kind: card for card in CARDS}
    assert by_kind["visa_facilitation"].stock == "acts at once and leaves nothing"
    assert by_kind["matchmaking"].stock == "half of what it has built is gone after 12 months"
    assert by_kind["embassy_hub"].asset.startswith("a hub in the host: EUR ")
    assert {card.kind for card in CARDS if card.asset} == {
        kind for kind, cls in FAMILIES["instruments"].items() if issubclass(cls, AssetInstrument)
    }
    assert not any(card.stock for card in CARDS if card.family != "instruments")


def test_the_page_shows_presets_behind_the_kind_they_are_one_of():
    """Those of files too; and of each what differs."""
    text = page()
    cards_of = text[text.index("\n## Shocks") :]
    for preset, kind in (("hackathon", "convening"), ("exclusion_threat", "programme_exclusion")):
        behind = cards_of[cards_of.index(f"\n### {kind}\n") : cards_of.index(f"\n#### {preset}\n")]
        assert behind.count("\n### ") == 1
    assert "| sets | `effective_after_months` null |" in text
    assert "`eur_per_organisation` 120.0" in text[text.index("#### hackathon") : text.index("#### joint_seminar")]


def test_every_link_of_the_page_leads_somewhere():
    text = page()
    headings = {
        line.lstrip("# ").lower().replace(",", "").replace(" ", "-") for line in text.splitlines() if line[:1] == "#"
    }
    places = set(re.findall(r"\]\(#([^)]*)\)", text))
    assert places <= headings
    assert len(places) > 60
    files = {place.partition("#")[0] for place in re.findall(r"\]\(([^)#][^)]*)\)", text)}
    assert all((PAGE.parent / place).is_file() for place in files)


def test_every_shock_is_beside_what_acts_on_the_same():
    text = page()
    table = text[text.index("## What acts on what") : text.index("### Instruments, and their price")]
    rows = [row for row in table.splitlines() if row.startswith("|")]
    lost = next(row for row in rows if row.startswith("| [supplier_loss]"))
    # cushions: a second supplier does not open the first
    assert "distributed_manufacturing" in lost
    # nothing makes licences better
    assert next(row for row in rows if row.startswith("| [export_control]")).endswith("|  |")
    # who only moves people from one country to another makes good no loss of people
    disaster = rows[next(k for k, row in enumerate(rows) if row.startswith("| [natural_disaster]")) :][:3]
    assert next(row for row in disaster if "working capacity" in row).endswith("|  |")


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == page(), "run python tools/catalogue_page.py"
