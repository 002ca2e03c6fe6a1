"""Kinds of the user's own: what is wrong with one is said in a line, before anything runs."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ecosim.catalogue.families import FAMILIES
from ecosim.channels.declared import fault
from ecosim.decisions.base import ByOutcome
from ecosim.errors import InputError
from ecosim.lab import compose
from ecosim.lab.check import check
from ecosim.model import Ecosystem
from ecosim.scenario import Scenario
from tests.models import SMALL

HEAD = """
import numpy as np
from ecosim.config.schema import parameter
from ecosim.decisions.base import Decision, Orders
from ecosim.funders.base import FunderKind, Purse
from ecosim.instruments.base import Instrument
from ecosim.shocks.base import Shock
from ecosim.world.facts import CONSORTIUM_SHAPE, SECTORS
"""
SHOCK = """
class Mine(Shock):
    kind = "mine"
    summary = "Mine."
    handles = frozenset({"mobility"})
    def push(self, handles, world, targets, level, announced):
        handles.lower("mobility", level * (targets[:, None] | targets[None, :]))
"""
INSTRUMENT = """
class Mine(Instrument):
    kind = "mine"
    summary = price = evidence_reason = "Mine."
    improves = frozenset({"awareness"})
    side_effects = frozenset({"friction_start"})
    def push(self, handles, world, stock_eur):
        handles.close_gap("awareness", 0.5)
        handles.lengthen("friction_start", 0.1)
"""
DECISION = """
class Mine(Decision):
    kind = "mine"
    summary = "Mine."
    handles = frozenset({"political"})
    sees = frozenset({"by_country"})
    orders = frozenset({"stance"})
    example_beside = {"shocks": {"diplomatic_rupture": {"targets": ["GBR"]}}}
    def decide(self, seen):
        return Orders(stance=np.zeros((seen.world.n_countries,) * 2))
    def push(self, handles, world, stance):
        handles.lower("political", 0.1 * stance)
"""
FUNDER = """
class Mine(FunderKind):
    kind = "mine"
    summary = "Mine."
    def purses(self, world):
        return [Purse(world.named, 5e6)]
    def shapes(self, world):
        rows = np.zeros(len(SECTORS), dtype=CONSORTIUM_SHAPE)
        rows["sector"] = np.arange(len(SECTORS))
        rows["size"] = rows["countries"] = 2
        rows["duration_months"] = 24
        rows["grant_eur"] = 300_000
        return rows
"""
KINDS = {"shocks": SHOCK, "instruments": INSTRUMENT, "decisions": DECISION, "funders": FUNDER}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(compose, "_PLUGINS", {})
    yield tmp_path
    for registry in FAMILIES.values():
        registry.pop("mine", None)
    for name in [name for name in sys.modules if name.startswith("ecosim_plugin_mine_")]:
        del sys.modules[name]


def load(text: str, old: str = "", new: str = "") -> None:
    assert old in text
    Path("mine.py").write_text(HEAD + text.replace(old, new) if old else HEAD + text, encoding="utf-8")
    compose.load_plugins(["mine.py"])


def scenario(family: str) -> Scenario:
    return compose.build_scenario({"world": {"preset": "classroom", "scale": 0.02}, family: {"mine": {}}})


@pytest.mark.parametrize("family", sorted(KINDS))
def test_a_right_one_is_taken(family: str, folder: Path) -> None:
    load(KINDS[family])
    check(scenario(family))


BAD_CLASSES = [
    (SHOCK, '"mobility"', '"dta"', "mine.py: Mine: no handle 'dta'; did you mean data?"),
    (SHOCK, 'summary = "Mine."', 'summary = "Mine."; at_risk = "everybody"', "Mine: at_risk = 'everybody'; allowed: m"),
    (SHOCK, 'summary = "Mine."', 'summary = "Mine."; example = {"severty": 1.0}', "no parameter 'severty'; did you me"),
    (SHOCK, 'summary = "Mine."', 'summary = "Mine."; example = {"severity": 2.0}', "shocks.mine.severity=2.0: out of"),
    (SHOCK, 'summary = "Mine."', 'summary = "Mine."; example = ["severity"]', "Mine: example = [severity]; allowed: p"),
    (INSTRUMENT, "improves", 'evidence = "D"; improves', "Mine: evidence = 'D'; allowed: A, B, C"),
    (INSTRUMENT, "improves", 'example = {"monthly_euro": 1e6}; improves', "did you mean monthly_eur?"),
    (DECISION, '"stance"}', '"stances"}', "Mine: no order 'stances'; did you mean stance?"),
    (DECISION, "sees =", 'decides = "mission"; sees =', "Mine: decides = 'mission'; allowed: missions"),
    (DECISION, '{"diplomatic_rupture": {"targets": ["GBR"]}}', '["diplomatic_rupture"]', 'allowed: by section, each'),
    (DECISION, '"diplomatic_rupture"', '"diplomatic_ruptur"', "did you mean diplomatic_rupture?"),
    (DECISION, '"targets"', '"target"', "example or example_beside: shocks.diplomatic_rupture.target"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "old", "new", "says"), BAD_CLASSES, ids=lambda value: None)
def test_a_class_that_cannot_be_is_refused_in_a_line(text: str, old: str, new: str, says: str, folder: Path) -> None:
    with pytest.raises(InputError) as error:
        load(text, old, new)
    assert says in str(error.value)
    assert str(error.value).startswith("mine.py: Mine: ")
    assert "imported" not in str(error.value)
    # what was refused is no option either
    assert new not in ("", None)
    assert "\n" not in str(error.value)


def test_a_file_that_fails_says_in_which_line(folder: Path) -> None:
    with pytest.raises(InputError, match=r"mine.py: cannot be imported \(NameError: .*, line \d+\)$"):
        load("x = nobody")


def test_a_class_without_a_kind_is_named_when_its_option_is_not_found(folder: Path) -> None:
    load(SHOCK, 'kind = "mine"', "")
    with pytest.raises(InputError, match=r"shocks=mine: no such option \(mine.py defines Mine without `kind`\)"):
        compose.compose("shocks=[mine]")


BAD_PUSHES = [
    ("shocks", "handles.lower(", 'handles.data *= 0.5; handles.lower(', "shocks.mine=mine: its push changes handle"),
    ("shocks", "handles.lower(", 'handles.dta *= 0.5; handles.lower(', "no handle 'dta'; did you mean data?"),
    ("shocks", "handles.lower(", 'handles.close_by_law("data", 0.0); handles.lower(', "changes handle 'data'"),
    ("shocks", "handles.lower(", 'handles.mobility = handles.mobility[0]; handles.lower(', "its push"),
    ("instruments", "handles.lengthen(", 'handles.trust += 1.0; handles.lengthen(', "changes handle 'trust', which"),
    ("decisions", "handles.lower(", 'handles.mobility *= 0.5; handles.lower(', "decisions.mine=mine: its push changes"),
    ("decisions", "handles.lower(", "1 / 0; handles.lower(", "its push fails: mine.push (mine.py, line "),
]  # fmt: skip


@pytest.mark.parametrize(("family", "old", "new", "says"), BAD_PUSHES, ids=lambda value: None)
def test_a_push_is_tried_in_the_plan(family: str, old: str, new: str, says: str, folder: Path) -> None:
    load(KINDS[family], old, new)
    with pytest.raises(InputError) as error:
        check(scenario(family))
    assert says in str(error.value)
    assert "\n" not in str(error.value)


BAD_FUNDERS = [
    ("[Purse(world.named, 5e6)]", "[]", "purses(): returned []; allowed: a list of one Purse or more"),
    ("[Purse(world.named, 5e6)]", "[5e6]", "purses(): item 0 is 5000000.0"),
    ("world.named, 5e6", "world.countries, 5e6", "purses(): leads of purse 0 are a tuple; allowed: an array of bool"),
    ("world.named, 5e6", "world.named[1:], 5e6", "leads of purse 0 are bool of shape (4,)"),
    ("world.named, 5e6", "world.named.astype(float), 5e6", "leads of purse 0 are float64"),
    ("world.named, 5e6", "world.named, '5e6'", "monthly_eur of purse 0 is '5e6'; allowed: EUR a month, 0 or more"),
    ("world.named, 5e6", "world.named, float('nan')", "monthly_eur of purse 0 is nan"),
    ("world.named, 5e6", "world.named, -1.0", "monthly_eur of purse 0 is -1.0"),
    ("[Purse(world.named, 5e6)]", "[Purse(world.named, 5e6)] * 2", "may apply to 2 purses"),
    ('rows["countries"] = 2', '2; rows["countries"] = 3; rows["size"] = 2', "row 0 has 3 countries and size 2"),
    ("np.arange(len(SECTORS))", "np.arange(len(SECTORS))[::-1]", "rows are not sorted by sector"),
    ('rows["duration_months"] = 24', "pass", "duration_months of row 0 is 0; allowed: 1 or more"),
    ('rows["grant_eur"] = 300_000', "pass", "grant_eur of row 0 is 0; allowed: 1 or more"),
    ("return rows", "return None", "shapes(): returned None; allowed: one row or more of dtype CONSORTIUM_SHAPE"),
    ("return rows", "return rows[0]['size'] / nothing", "shapes() fails: mine.shapes (mine.py, line "),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "says"), BAD_FUNDERS, ids=lambda value: None)
def test_purses_and_shapes_are_looked_at_in_the_plan(old: str, new: str, says: str, folder: Path) -> None:
    load(FUNDER, old, new)
    with pytest.raises(InputError) as error:
        check(scenario("funders"))
    assert str(error.value).startswith("funders.mine=mine: ")
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("return None", "decisions.mine=mine: decide() returned NoneType; allowed: Orders(...)"),
        ("return Orders(intensity={'x': 1.0})", "decisions.mine=mine: orders 'intensity', which it does not declare"),
        (
            'return seen.by_country["outpt"]',
            "mine.decide (mine.py, line 18): by_country: has no 'outpt'; allowed: coll",
        ),
    ],
)
def test_a_decision_that_fails_in_a_month_says_where(body: str, says: str, folder: Path) -> None:
    load(DECISION, "return Orders(stance=np.zeros((seen.world.n_countries,) * 2))", body)
    with pytest.raises(InputError) as error:
        Ecosystem(**{**SMALL, "shocks": {}, "decisions": {"mine": {}}}).advance(3)
    assert says in fault(error.value)
    # and so does the plan, before anything runs
    with pytest.raises(InputError) as error:
        check(scenario("decisions"))
    assert says in str(error.value)


# what is said in a calm month may differ from what is said in a bad one
CONDITIONS = [
    ("series", 'seen.series["output"][-1] < 0.5'),
    ("by_country", '(seen.by_country["output"][-1] < 0.5).all()'),
    ("closed", "seen.closed.any()"),
    ("publications", "seen.publications[-6:].sum() < seen.publications[-18:-12].sum()"),
    ("granted", "not seen.granted[-1].any()"),
    ("announced", "any(shock.name == 'funder_withdrawal' and shock.targets.any() for shock in seen.announced)"),
    ("sectors", "seen.sectors['programme'].sum() > 0.99"),
    ("starts", "seen.starts.sum() > 0.0 and seen.month % 12 == 0"),
    ("chance", "0.0 < seen.chance.min()"),
]  # fmt: skip


@pytest.mark.parametrize(("sees", "condition"), CONDITIONS)
def test_an_undeclared_order_is_refused_in_the_plan_though_only_bad_times_bring_it(
    sees: str, condition: str, folder: Path
) -> None:
    body = f"return Orders(added_eur=np.ones(seen.world.n_countries)) if {condition} else Orders()"
    text = DECISION.replace("return Orders(stance=np.zeros((seen.world.n_countries,) * 2))", body)
    text = text.replace('sees = frozenset({"by_country"})', f'sees = frozenset({{"{sees}"}})')
    load(text.replace("def decide", "every_months: int = parameter(12, 'x', bounds=(1, 600))\n    def decide"))
    beside = {"world": {"preset": "classroom", "scale": 0.02}, "shocks": {"funder_withdrawal": {}}}
    with pytest.raises(InputError, match=r"decisions\.mine=mine: orders 'money', which it does not declare; allowed: "):
        check(compose.build_scenario({**beside, "decisions": {"mine": {}}}))


def test_outcomes_by_country_have_the_names_that_the_results_have() -> None:
    from ecosim.decisions.base import Seen
    from ecosim.month.deciding import look

    names = ["collaboration", "effort", "leads", "members", "output", "work"]
    model = Ecosystem(**{**SMALL, "decisions": {"governments_open_visas": {}}}).advance(30)
    decision = model.config.decisions["governments_open_visas"]
    seen: Seen = look("governments_open_visas", decision, model.state, model.setting)
    assert sorted(seen.by_country) == names
    output = seen.by_country["output"]
    assert output[-1].sum() > 0.0
    assert (output == model.series_by_country()["output_by_country"][: len(output)]).all()
    with pytest.raises(InputError, match="series: has no 'x'; allowed: a"):
        ByOutcome("series", {"a": np.zeros(1)})["x"]


def test_the_page_on_handles_and_outcomes_is_true() -> None:
    import re

    from ecosim.channels import handles as table
    from ecosim.outcomes import diversity

    root = Path(__file__).parents[2]
    page = (root / "docs" / "how-to" / "new-handle.md").read_text(encoding="utf-8")
    row, reader, outcome, computed = re.findall(r"^```py\n(.*?)^```", page, flags=re.DOTALL | re.MULTILINE)
    handle = eval(row, vars(table))
    assert handle.name not in table.HANDLE
    assert handle.low <= handle.rest <= handle.high

    class Faced:
        capacity = np.array([1.0, 0.5])
        open_offices = np.array([0.5, handle.rest])

    read: dict[str, object] = {}
    exec(reader, {"handles": Faced}, read)
    assert list(read["capacity"]) == [0.5, 0.5]  # type: ignore[call-overload]
    assert "capacity = handles.capacity\n" in (root / "ecosim" / "channels" / "effects.py").read_text(encoding="utf-8")
    name, _unit, _meaning = eval(outcome)
    assert name not in {known for known, _, _ in diversity.DERIVED}
    nothing, shares = np.array([False, True]), np.array([[0.25, 0.75], [0.0, 0.0]])
    (values,) = eval(computed, {"np": np, "nothing": nothing, "shares": shares}).values()
    assert values[0] == 0.75
    assert np.isnan(values[1])


@pytest.mark.slow
def test_contract_tests_are_asked_of_a_file_of_ones_own(tmp_path: Path) -> None:
    """Of two kinds in a file that may lie anywhere, the right one passes and the wrong one fails."""
    wrong = SHOCK.replace("class Mine", "class Wrong").replace('"mine"', '"wrong"')
    wrong = wrong.replace("level * (targets", "(1.5 - level) * 0.5 * (targets")
    path = tmp_path / "mine.py"
    path.write_text(HEAD + SHOCK + wrong + DECISION.replace('"mine"', '"promise"'), encoding="utf-8")
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "pytest", "-n", "0", "tests", "--own", str(path)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    failed = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
    assert any("TestWrong::test_more_severe_is_never_better" in line for line in failed)
    assert any("TestWrong::test_severity_0_changes_no_bit" in line for line in failed)
    # a decision that never wants anything moves nothing
    assert [line for line in failed if "TestWrong" not in line and "moves_an_outcome" not in line] == []
    assert re.search(r"\d{2,} passed, \d+ deselected", done.stdout.splitlines()[-1].split("failed, ")[-1])
    nothing = subprocess.run(
        [*command[:-1], __file__], cwd=root, capture_output=True, text=True, check=False
    )  # fmt: skip
    assert nothing.returncode == 4
    assert "holds no class with a `kind`" in nothing.stderr
