"""Policies beside each other by the public money they cost."""

from __future__ import annotations

from collections.abc import Collection, Mapping

#: Two amounts are the same where a difference of this share is all there is: what rounding to cents leaves at small
#: scale.
_ROUNDING = 1e-6


def differ(eur: Collection[float]) -> bool:
    """Whether amounts of money differ by more than rounding."""
    return len(eur) > 1 and max(eur) - min(eur) > _ROUNDING * max(eur)


def budget_words(eur: Mapping[str, float]) -> str:
    """That policies differ in public money, in a line; empty where they do not.

    Parameters
    ----------
    eur : mapping
        Policy -> public money a month, at full scale.

    Examples
    --------
    >>> budget_words({"alone": 100e6, "beside": 150e6})
    'not at equal budget: public money a month is 100.0 (alone) to 150.0 million EUR (beside)'
    >>> budget_words({"alone": 100e6, "instead": 100e6})
    ''
    """
    if not differ(eur.values()):
        return ""
    least, most = min(eur, key=lambda name: eur[name]), max(eur, key=lambda name: eur[name])
    return (
        f"not at equal budget: public money a month is {eur[least] / 1e6:,.1f} ({least}) to "
        f"{eur[most] / 1e6:,.1f} million EUR ({most})"
    )
