"""What the project's two source texts name, sentence by sentence, and what stands for it: ``check_list.csv``.

The texts themselves are not part of the project. A line holds the few words of a sentence that name a system, and a
sentence has as many lines as it names systems. A sentence that names none has one line that says so, so that nothing
can be left out unseen.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).resolve().parent / "check_list.csv"

#: The texts by the name they have in the list.
TEXTS: dict[str, str] = {
    "missions": "How diplomatic missions can foster innovation diplomacy to attract research partnerships and "
    "technology cooperation (19 July 2025)",
    "health": "Global AI Diplomacy Strategies for Multinational Cooperation (29 December 2025)",
}

#: What a line may say of its words.
ANSWERS: dict[str, str] = {
    "yes": "stands",
    "partly": "stands in part; what is missing is said",
    "later": "not there yet",
    "outside": "not there, and not meant to be: outside what a simulator of research partnerships can say",
    "nothing": "names no system",
}


@dataclass(frozen=True)
class Line:
    """A system that a sentence names, or a sentence that names none."""

    #: One of :data:`TEXTS`.
    text: str
    #: Number of the paragraph; or title, lead, heading 1, and related for the one-sentence teasers of other articles.
    paragraph: str
    #: Number of the sentence in it, from 1; items of a list count as sentences.
    sentence: int
    #: The words of the sentence that name the system.
    words: str
    #: One of :data:`ANSWERS`.
    answer: str
    #: What stands for it: ``instruments.nda`` is what ``ecosim list instruments nda`` shows.
    by: tuple[str, ...]
    #: What is missing and why, or a remark.
    why: str

    @property
    def place(self) -> tuple[str, str, int]:
        """Text, paragraph and sentence."""
        return (self.text, self.paragraph, self.sentence)


def check_list(file: Path = FILE) -> tuple[Line, ...]:
    """All lines, in the order of the texts."""
    with file.open(encoding="utf-8", newline="") as rows:
        return tuple(
            Line(row["text"], row["paragraph"], int(row["sentence"]), row["words"], row["answer"],
                 tuple(row["by"].split()), row["why"])
            for row in csv.DictReader(rows)
        )  # fmt: skip


def by_sentence(lines: Iterable[Line]) -> dict[tuple[str, str, int], str]:
    """Every sentence by its place, with one answer for all it names.

    What is there in part is ``partly``, and so is a sentence of which some systems stand and others do not. Of one of
    which none stands the answer is ``later`` if any of them is to come.
    """
    answers: dict[tuple[str, str, int], set[str]] = {}
    for line in lines:
        answers.setdefault(line.place, set()).add(line.answer)
    return {place: _together(found) for place, found in answers.items()}


def _together(answers: set[str]) -> str:
    if len(answers) == 1:
        return next(iter(answers))
    named = answers - {"nothing"}
    if named & {"yes", "partly"}:
        return "yes" if named == {"yes"} else "partly"
    return "later" if "later" in named else "outside"


def faults(lines: Iterable[Line], known: Mapping[str, Iterable[str]]) -> list[str]:
    """What is wrong with a check-list, a line each; none if it is whole.

    Parameters
    ----------
    lines : iterable of Line
    known : mapping
        Names that exist, by the first part of what may stand in ``by``: ``{"instruments": [...], ...}``.

    Examples
    --------
    >>> faults([Line("missions", "1", 1, "hubs", "yes", ("instruments.hub",), "")], {"instruments": ["embassy_hub"]})
    ['missions 1.1 "hubs": no instruments named hub']
    """
    names = {family: set(all_of_it) for family, all_of_it in known.items()}
    found = []
    for line in lines:
        where = f'{line.text} {line.paragraph}.{line.sentence} "{line.words}"'
        if line.text not in TEXTS:
            found.append(f"{where}: no such text")
        if line.answer not in ANSWERS:
            found.append(f"{where}: no such answer: {line.answer}")
        if bool(line.by) != (line.answer in ("yes", "partly")):
            found.append(f"{where}: {line.answer}, {'with' if line.by else 'without'} something that stands for it")
        if not line.why and line.answer != "yes":
            found.append(f"{where}: {line.answer}, without a reason")
        if line.why and not line.why.endswith("."):
            found.append(f"{where}: a remark is a sentence")
        for item in line.by:
            family, _, name = item.partition(".")
            if family not in names:
                found.append(f"{where}: nothing is a {family}: {item}")
            elif name not in names[family]:
                found.append(f"{where}: no {family} named {name}")
    return found
