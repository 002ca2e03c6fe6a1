"""Invented data for the page: to develop its front end with, and to test that in a browser. No result of ecosim.

    python -m tests.page.mock FILE.html [--countries 43]

writes the page with these data. They have the form that ``ecosim explore --save`` gives them, and the page says in
red that they are invented.
"""

from __future__ import annotations

import argparse
import base64
import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecosim.page.levers import BASE

ROOT = Path(__file__).resolve().parent.parent.parent
SHELL = ROOT / "ecosim" / "page" / "shell.html"
PLACE = '<script id="ecosim-data" type="application/json">null</script>'
BEFORE, AFTER, DRAWS = 12, 72, 20
#: Countries of the map and their weight in the invented world, the largest first.
_LARGE = {
    "DEU": 10,
    "FRA": 8,
    "GBR": 9,
    "ITA": 7,
    "ESP": 7,
    "NLD": 6,
    "BEL": 4,
    "CHE": 3,
    "SWE": 4,
    "POL": 2,
    "GRC": 3,
    "NOR": 2,
}
_MIXES = 5


def packed(
    values: NDArray[np.float64], *, low: float | None = None, high: float | None = None, wide: bool = False
) -> dict[str, Any]:
    """Whole numbers of one byte or two, differenced along the last axis, deflated, in base64; the largest for none."""
    offset = float(np.nanmin(values)) if low is None else low
    top = float(np.nanmax(values)) if high is None else high
    none = 65535 if wide else 255
    scale = max((top - offset) / (none - 1), 1e-9)
    whole = np.where(np.isnan(values), none, np.clip(np.round((np.nan_to_num(values) - offset) / scale), 0, none - 1))
    numbers = whole.astype(np.int64)
    steps = np.diff(numbers, axis=-1, prepend=np.zeros_like(numbers[..., :1])) % (none + 1)
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = deflate.compress(steps.astype("<u2" if wide else "<u1").tobytes()) + deflate.flush()
    return {
        "shape": list(values.shape),
        "type": "u16" if wide else "u8",
        "scale": scale,
        "offset": offset,
        "delta": True,
        "data": base64.b64encode(data).decode(),
    }


def _hit(branch: dict[str, Any]) -> list[str]:
    """Countries that a branch hits: those it names, or those drawn."""
    return list(branch["countries"]) or ["DEU", "SWE", "POL"][: branch["settings"].get("drawn", 0)]


def data(countries: int = 12, seed: int = 1) -> dict[str, Any]:
    """What the page is given: a small grid whose numbers are made up."""
    rng = np.random.default_rng(seed)
    outlines = json.loads((ROOT / "ecosim" / "world" / "data" / "outlines.json").read_text(encoding="utf-8"))
    rows = [
        line.split(",") for line in (ROOT / "ecosim" / "world" / "data" / "countries.csv").read_text().splitlines()[1:]
    ]
    known = [
        row[0]
        for row in rows
        if row[0] in outlines and -25 < outlines[row[0]]["point"][0] < 45 and 34 < outlines[row[0]]["point"][1] < 72
    ]
    codes = [*_LARGE, *(code for code in known if code not in _LARGE)][:countries]
    weight = np.array([_LARGE.get(code, 1.0) for code in codes], dtype=np.float64)
    places = [
        {
            "iso3": code,
            "name": outlines[code]["name"],
            "lon": outlines[code]["point"][0],
            "lat": outlines[code]["point"][1],
            "bloc": "EU",
            "peripheral": False,
        }
        for code in codes
    ]
    # the rest of the world has no place on a map
    places.append(
        {"iso3": "ROW", "name": "Rest of the world", "lon": None, "lat": None, "bloc": "-", "peripheral": False}
    )
    levers = [
        {
            "key": "spread",
            "label": "Countries in a consortium",
            "unit": "countries",
            "values": [2, 3, 4, 6, 10],
            "labels": ["2", "3", "4", "6", "10"],
            "default": 2,
            "sets": [{"programme.countries_per_consortium": [n, n]} for n in (2, 3, 4, 6, 10)],
        },
        {
            "key": "calls",
            "label": "Months between calls",
            "unit": "months",
            "values": [3, 12, 48],
            "labels": ["3", "12", "48"],
            "default": 1,
            "sets": [{"programme.months_between_calls": n} for n in (3, 12, 48)],
        },
        {
            "key": "cost",
            "label": "Work lost to coordination, for each country more",
            "unit": "share",
            "values": [0, 0.05, 0.1],
            "labels": ["0 %", "5 %", "10 %"],
            "default": 1,
            "sets": [{"behaviour.work.coordination_by_country": n} for n in (0, 0.05, 0.1)],
        },
    ]
    branches: list[dict[str, Any]] = [
        {
            "id": "placebo",
            "label": "No shock, other dice",
            "shock": None,
            "countries": [],
            "settings": {},
            "none": False,
            "dice": True,
        }
    ]
    for code in ["DEU", "GBR", "CHE", "POL"]:
        for kind, said in (("diplomatic_rupture", "cut off"), ("programme_exclusion", "shut out of new grants")):
            branches.append(
                {
                    "id": f"{kind}_{code.lower()}",
                    "label": f"{outlines[code]['name']} is {said}",
                    "shock": kind,
                    "countries": [code],
                    "settings": {},
                    "none": False,
                    "dice": False,
                }
            )
    branches.append(
        {
            "id": "three_lost",
            "label": "Germany, Sweden and Poland are cut off",
            "shock": "diplomatic_rupture",
            "countries": [],
            "settings": {"drawn": 3},
            "none": False,
            "dice": False,
        }
    )
    branches.append(
        {
            "id": "funder_fails",
            "label": "The funder stops paying",
            "shock": "funder_withdrawal",
            "countries": [],
            "settings": {"duration_months": 24},
            "none": False,
            "dice": False,
        }
    )
    shape = tuple(len(lever["values"]) for lever in levers)  # type: ignore[arg-type]
    months = np.arange(-BEFORE, AFTER)
    at = np.maximum(months, 0)
    dice = rng.normal(0, 1, (len(branches), DRAWS))
    noise = np.cumsum(rng.normal(0, 0.006, (len(branches), DRAWS, months.size)), axis=-1) * (months >= 0)
    noise -= np.where(months >= 0, noise[..., BEFORE][..., None], 0)
    one = np.full((*shape, len(branches), 3, DRAWS, months.size), np.nan)
    part = weight / weight.sum()
    for index in np.ndindex(*shape):
        spread, calls, cost = (levers[i]["values"][j] for i, j in enumerate(index))  # type: ignore[index]
        for number, branch in enumerate(branches):
            hit = sum(part[codes.index(code)] for code in _hit(branch))
            depth = min(0.95, hit * (1.2 + 0.16 * spread)) * (0.6 if branch["shock"] == "programme_exclusion" else 1.0)
            back = 20 + calls / 3 - spread
            for draw in range(DRAWS):
                loss = depth * (1 + 0.2 * dice[number, draw]) * np.exp(-at / back) * (months >= 0)
                kept = np.clip(1 - loss + noise[number, draw], 0, 1.25)
                output = kept * (1 - cost * (spread - 4) * 0.15 * (months >= 0))
                left = np.clip(0.2 + 0.02 * (10 - spread) / 10 + 0.1 * loss, 0, 1)
                one[(*index, number, slice(None), draw)] = [kept, output, left]
    after = one[..., BEFORE:].mean(axis=-1)
    by_country = np.full((*shape, len(branches), len(codes) + 1), np.nan)
    kept = after[..., 0, :].mean(axis=-1)
    for number, branch in enumerate(branches):
        near = rng.uniform(0.3, 1.6, len(codes))
        by_country[..., number, :-1] = 1 - (1 - kept[..., number, None]) * near
        for code in _hit(branch):
            by_country[..., number, codes.index(code)] = 0.08
    pairs = [[i, j] for i in range(len(codes)) for j in range(i + 1, len(codes))]
    histories = []
    default = [2, 1, 1]
    for policy in (default, [0, 1, 1], [4, 1, 1]):
        for number in (0, 1, 2, 3, len(branches) - 1):
            branch = branches[number]
            calm = np.array([weight[i] * weight[j] for i, j in pairs])[:, None] * np.exp(
                0.25 * np.cumsum(rng.normal(0, 0.1, (len(pairs), months.size)), axis=1)
            )
            ratio = one[(*policy, number, 0, 3)]
            shocked = calm * ratio
            for k, (i, j) in enumerate(pairs):
                if codes[i] in _hit(branch) or codes[j] in _hit(branch):
                    shocked[k] = np.where(
                        months >= 0, calm[k] * 0.35 * (1 - np.exp(-np.maximum(at - 8, 0) / 30)), calm[k]
                    )
            histories.append(
                {
                    "id": f"h{len(histories)}",
                    "policy": policy,
                    "branch": branch["id"],
                    "seed": 1,
                    "draw": 3,
                    "targets": _hit(branch),
                    "pairs": pairs,
                    "months": int(months.size),
                    "shocked": packed(shocked, low=0.0),
                    "calm": packed(calm, low=0.0),
                }
            )
    kinds = ["visa_facilitation", "embassy_hub", "matchmaking"]
    mixes = [[5 * a, 5 * b, 5 * c] for a in range(_MIXES) for b in range(_MIXES - a) for c in range(_MIXES - a - b)]
    coin_branches = [branch["id"] for branch in branches if branch["shock"]][:4]
    coin_scores = np.stack(
        [
            [
                [
                    0.8 + 0.004 * mix[0] - 0.002 * mix[1] * n + 0.001 * mix[2] * n,
                    0.9 - 0.001 * mix[2],
                    0.2 + 0.002 * mix[1],
                ]
                for n in range(len(coin_branches))
            ]
            for mix in mixes
        ]
    )[:, :, None, :] + rng.normal(0, 0.001, (1, 1, 4, 1))
    return {
        "format": 1,
        "version": "0.0.0",
        "made": "2026-11-27",
        "source": "file",
        "mock": True,
        "countries": places,
        "outlines": outlines,
        "months": {"before": BEFORE, "after": AFTER},
        "draws": DRAWS,
        "seed": 1,
        "command": "nothing: these numbers are made up",
        "base": dict(BASE),
        "levers": levers,
        "branches": branches,
        "cells": {
            "shape": [*shape, len(branches)],
            "columns": ["collaboration", "output", "left_out"],
            "measured": ["share of twin", "share of twin", "level"],
            "curves": packed(one.mean(axis=-2), low=0.0, high=1.3),
            "bands": packed(np.moveaxis(np.percentile(one, [5, 25, 75, 95], axis=-2), 0, -2), low=0.0, high=1.3),
            "by_country": packed(by_country, low=0.0, high=1.3),
            "calm_left_out": packed(np.full((*shape, months.size), 0.2), low=0.0, high=1.3),
        },
        "scores": {
            "names": ["kept", "output", "left_out"],
            "values": packed(np.moveaxis(after, -2, -1), low=0.0, high=1.3, wide=True),
            "better": ["up", "up", "down"],
            "unit": ["share"] * 3,
            "smallest": [0.005, 0.005, 0.005],
        },
        "histories": histories,
        "throws": {
            "policies": [default, [4, 1, 1]],
            "column": "collaboration",
            "values": packed(np.stack([one[(*p, slice(None), 0)] for p in (default, [4, 1, 1])]), low=0.0, high=1.3),
        },
        "coins": {
            "coins": 20,
            "instruments": kinds,
            "mixes": mixes,
            "branches": coin_branches,
            "scores": packed(coin_scores, low=0.0, high=1.3, wide=True),
        },
        "cards": [
            {
                "kind": kind,
                "family": {"veto": "decisions"}.get(kind, "instruments" if kind in kinds else "shocks"),
                "title": kind.replace("_", " ").capitalize(),
                "what": "A sentence on what it does. <b>Not markup.</b>",
                "price": "Binds people.",
                "limit": 0.25,
                "evidence": "C",
                "grade": "C",
                "handles": ["mobility", "trust"],
                "settings": SETTINGS if kind == "veto" else [],
                **({"needs": {"mechanisms.stages": True}} if kind == "matchmaking" else {}),
            }
            for kind in (*kinds, "diplomatic_rupture", "programme_exclusion", "veto")
        ],
        "assumptions": [
            {
                "key": "behaviour.work.coordination_by_country",
                "label": "Coordination for each country",
                "value": 0.05,
                "range": [0, 0.1],
                "source": "assumed",
                "unit": "share",
                "what": "Work lost for each country more.",
            },
            {
                "key": "behaviour.work.unfunded_share",
                "label": "Work without grants",
                "value": 0.3,
                "range": [0.1, 0.6],
                "source": "assumed; no study",
                "unit": "",
                "what": "How much work goes on without a grant.",
            },
        ],
        "why": {
            name: {
                "text": "Measured against the same world without the shock.",
                "assumptions": ["behaviour.work.coordination_by_country", "behaviour.work.unfunded_share"],
            }
            for name in ("kept", "output", "left_out")
        },
    }


#: A field of each kind.
SETTINGS: list[dict[str, Any]] = [
    {"name": "strength", "what": "How strong it is.", "type": "number", "value": 0.5, "least": 0.0, "most": 1.0},
    {"name": "every_months", "what": "Months between.", "type": "whole", "value": 6, "least": 1, "most": 60},
    {"name": "calendar", "what": "When.", "type": "choice", "value": "staggered", "choices": ["staggered", "aligned"]},
    {"name": "hosts", "what": "Who takes part.", "type": "list", "value": "all", "choices": ["all"]},
    {"name": "from_programme", "what": "Share.", "type": "number", "value": None, "most": 1.0, "empty": True},
    {"name": "at_home", "what": "At home too.", "type": "switch", "value": False},
]


def page(values: dict[str, Any] | None, shell: Path = SHELL) -> str:
    """The shell with data in its place, escaped so that no text in them can end the script."""
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    for raw, escaped in (("</", "<\\/"), ("<!--", "<\\u0021--"), ("\u2028", "\\u2028"), ("\u2029", "\\u2029")):
        text = text.replace(raw, escaped)
    html = shell.read_text(encoding="utf-8")
    assert html.count(PLACE) == 1
    return html.replace(PLACE, PLACE.replace("null", text))


def main() -> None:
    """Write the page with invented data."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--countries", type=int, default=43)
    found = parser.parse_args()
    found.file.write_text(page(data(found.countries)), encoding="utf-8")


if __name__ == "__main__":
    main()
