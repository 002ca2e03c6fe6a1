"""The check-list of the source texts: every name in it is registered, and every kind is in it or says why not."""

import dataclasses

import pytest

from ecosim.catalogue.cards import cards
from ecosim.catalogue.check_list import TEXTS, Line, by_sentence, check_list, faults
from ecosim.catalogue.families import FAMILIES
from tools.catalogue_page import CALLED, known, page

LINES = check_list()
#: Sentences of the texts, by paragraph: counted in the texts themselves, which are no part of the project.
SENTENCES = {
    "missions": {
        "title": 1, "lead": 1, "1": 4, "2": 5, "heading 1": 1, "3": 6, "4": 5, "heading 2": 1, "5": 5, "6": 5,
        "heading 3": 1, "7": 5, "8": 5, "heading 4": 1, "9": 5, "10": 5, "11": 5, "12": 5, "related": 20,
    },
    "health": {
        "title": 1, "1": 3, "heading 1": 1, "2": 5, "3": 3, "heading 2": 1, "4": 6, "5": 2, "heading 3": 1, "6": 4,
        "7": 5, "8": 3, "heading 4": 1, "9": 4, "10": 3, "11": 2,
    },
}  # fmt: skip


def test_every_name_in_the_list_is_there_and_every_gap_has_a_reason():
    assert faults(LINES, known()) == []


def test_no_sentence_is_left_out():
    wanted = [
        (text, paragraph, number)
        for text in TEXTS for paragraph, many in SENTENCES[text].items() for number in range(1, many + 1)
    ]  # fmt: skip
    assert sorted(by_sentence(LINES)) == sorted(wanted)


def test_what_is_quoted_is_a_few_words():
    assert max(len(line.words.split()) for line in LINES) <= 10
    assert len({(line.place, line.words) for line in LINES}) == len(LINES)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_kind_stands_in_the_list_or_says_why_the_texts_do_not_name_it(family):
    named = {item for line in LINES for item in line.by}
    for card in cards(family):
        assert (f"{family}.{card.kind}" in named) != bool(card.why_no_passage), card.kind


def test_every_kind_stands_where_the_words_it_quotes_are():
    """A kind quotes some words of the texts; of the lines that name it one is in a sentence from which these come."""
    quoted = {f"{card.family}.{card.kind}": card.passage.lower() for card in cards() if card.passage}
    for item, passage in quoted.items():
        words = {line.words.lower() for line in LINES if item in line.by}
        beside = {
            other.words.lower() for line in LINES if item in line.by for other in LINES if other.place == line.place
        }
        assert any(word in passage or passage in word for word in words | beside), item


def test_what_is_wrong_with_a_list_is_said():
    good = Line("missions", "1", 1, "hubs", "yes", ("instruments.embassy_hub",), "")
    names = {"instruments": ["embassy_hub"]}
    assert faults([good], names) == []
    wrong = {
        "text": ("letters", "no such text"),
        "answer": ("perhaps", "no such answer: perhaps"),
        "by": (("instruments.embasy_hub",), "no instruments named embasy_hub"),
        "why": ("because", "a remark is a sentence"),
    }
    for name, (value, problem) in wrong.items():
        assert any(problem in fault for fault in faults([dataclasses.replace(good, **{name: value})], names)), name
    silent = dataclasses.replace(good, by=(), answer="later")
    assert faults([silent], names) == ['missions 1.1 "hubs": later, without a reason']
    empty = dataclasses.replace(good, by=())
    assert faults([empty], names) == ['missions 1.1 "hubs": yes, without something that stands for it']
    stray = dataclasses.replace(good, by=("levers.embassy_hub",))
    assert faults([stray], names) == ['missions 1.1 "hubs": nothing is a levers: levers.embassy_hub']


def test_a_sentence_answers_for_all_it_names():
    def together(*answers):
        lines = [Line("missions", "1", 1, str(k), answer, (), "") for k, answer in enumerate(answers)]
        return by_sentence(lines)["missions", "1", 1]

    assert together("yes", "yes") == "yes"
    assert together("yes", "outside") == together("partly", "later") == together("yes", "later") == "partly"
    assert together("outside", "later") == "later"
    assert together("nothing") == "nothing"


def test_the_page_shows_every_line_and_every_kind_of_ours():
    text = page()
    for line in LINES:
        assert f'"{line.words}" | {line.answer} |' in text
    for card in cards():
        if card.why_no_passage:
            assert f"| {CALLED[card.family][0]} | [{card.kind}](#{card.kind}) | {card.why_no_passage} |" in text
