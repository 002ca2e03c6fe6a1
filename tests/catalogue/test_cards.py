"""Every kind says what it is, and the page shows it."""

import pytest

from ecosim.catalogue.cards import cards
from ecosim.catalogue.families import FAMILIES
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


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == page(), "run python tools/catalogue_page.py"
