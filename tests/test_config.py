"""Options and overrides: everything that ships composes, everything wrong is one line."""

import string

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ecosim.cli import main
from ecosim.errors import InputError, nearest_name
from ecosim.lab.check import check
from ecosim.lab.compose import GROUPS, compose, compose_plain, conf_folder, make_request, options
from ecosim.lab.design import make_plan
from ecosim.lab.keys import all_keys, scenario_keys, settings_keys

OPTIONS = [(group, name) for group in GROUPS for name in options(group)]


@pytest.mark.parametrize(("group", "option"), OPTIONS)
def test_every_option_composes(group, option):
    request = make_request(compose_plain([f"{group}={option}"]))
    check(request.scenario)
    make_plan(request)


@pytest.mark.parametrize(("group", "option"), OPTIONS)
def test_every_option_says_what_it_is(group, option):
    assert options(group)[option].endswith((".", "?")), f"conf/{group}/{option}.yaml starts without a sentence"


def test_the_defaults_of_the_files_are_those_of_the_schema():
    request = make_request(compose_plain())
    assert request.scenario == type(request.scenario)()


def test_lists_of_options_keep_their_settings():
    scenario = compose("shocks=[diplomatic_rupture,supplier_loss]", "shocks.supplier_loss.severity=0.5")
    assert set(scenario.shocks) == {"diplomatic_rupture", "supplier_loss"}
    assert scenario.shocks["supplier_loss"].severity == 0.5


def test_a_second_shock_of_the_same_kind_may_be_added():
    scenario = compose("shocks=[supplier_loss]", "+shocks.again={kind: supplier_loss, announced_after_months: 12}")
    assert scenario.shocks["again"].announced_after_months == 12


BAD = [
    ("programme.trances=3", "programme.trances=3: no such parameter; did you mean programme.tranches?"),
    ("tranches=3", "did you mean programme.tranches?"),
    ("behaviour.work.grace_month=3", "did you mean behaviour.work.grace_months?"),
    ("world=europ", "did you mean europe?"),
    ("world={scale: 1}", "takes the name of an option"),
    ("world=[europe,global]", "takes one option"),
    ("shocks=[ruptur]", "no such option"),
    ("programme.prefinancing=1.4", "out of range; allowed: a number from 0 to 1"),
    ("programme.tranches=many", "wrong type"),
    ("programme.months_between_calls=85", "out of range; allowed: a whole number from 1 to 84 or observed"),
    ("programme.months_between_calls=0", "out of range; allowed: a whole number from 1 to 84 or observed"),
    ("programme.months_between_calls=observd", "did you mean observed?"),
    ("programme.cohorts_per_year=4", "is gone: calls are counted in months now"),
    ("programme.cohorts_per_year=4", "allowed: programme.months_between_calls=3"),
    ("programme.cohorts_per_year=observed", "allowed: programme.months_between_calls=observed"),
    ("programme.cohorts_per_year=5", "did you mean programme.months_between_calls?"),
    ("world.scale=nan", "must be a finite number"),
    ("world.scale=1,2", "several values"),
    ("world.scale", "cannot be read"),
    ("seed=-1", "out of range"),
    ("seed='${nope}'", "nope"),
    ("timeline.start=2014-13", "YYYY-MM"),
    ("world.countries=[DEU,FRX]", "FRX"),
    ("policy.start=1999-01", "policy.start=1999-01: is outside the run"),
    ("policy.start=soon", "is not a month"),
    ("policy.appropriation_eur_per_month=1000", "pays for no grant"),
    ("shocks.diplomatic_rupture.severity=1", "is not among the chosen shocks"),
    ("~programme.nothing", "no such parameter"),
    ("programme.blocs_per_consortium=[40,50]", "asks for at least 40 blocs"),
    ("experiment.name=../up", "it names a folder"),
    ("runner.processes=-2", "out of range"),
]


@pytest.mark.parametrize(("override", "words"), BAD)
def test_bad_input_is_one_line_and_exit_code_2(override, words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["run", override]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert len(err.splitlines()) == 1
    assert err.startswith("ecosim: ")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["world.countries=[DEU,FRA,POL]", "programme.countries_per_consortium=[5,8]"], "only 3 can be funded"),
        (["shocks=supplier_loss", "shocks.supplier_loss.announced_after_months=96"], "is after the horizon"),
        (["shocks=supplier_loss", "shocks.supplier_loss.effective_after_months=200"], "is after the horizon"),
        (["shocks=supplier_loss", "shocks.supplier_loss.targets=[GBX]"], "did you mean GBR?"),
        (["shocks=supplier_loss", "shocks.supplier_loss.targets=[]"], "names no country"),
        (["shocks=supplier_loss", "shocks.supplier_loss.severty=1"], "did you mean shocks.supplier_loss.severity?"),
        (["shocks=supplier_loss", "shocks.supplier_loss.drawn=40"], "more than may be drawn; allowed: 1 to 19"),
        (["shocks=supplier_loss", "shocks.supplier_loss.targets=[bloc:eux]"], "did you mean bloc:eu?"),
        (["shocks=supplier_loss", "shocks.supplier_loss.within=none"], "no such parameter; diplomatic_rupture has it"),
        (["+shocks.x={kind: meteor}"], "shocks.x=meteor: no such kind"),
        (["instruments=matchmaking", "instruments.matchmaking.hosts=[XXX]"], "no such country"),
        (["instruments=matchmaking", "instruments.matchmaking.sectors=[helth]"], "did you mean health?"),
        (["instruments=matchmaking", "instruments.matchmaking.monthly_eur=1e9"], "pays for no grant"),
        (["programme.prefinancing=0.5", "programme.tranches=0"], "needs at least one tranche"),
        (["world.scale=0.0005", "policy.appropriation_eur_per_month=5e5"], "less than the smallest grant"),
    ],
)
def test_contradictions_are_one_line(overrides, words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["run", *overrides]) == 2
    err = capsys.readouterr().err
    assert words in err
    assert len(err.splitlines()) == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hydra: {run: {dir: /tmp}}", "may not stand in a saved scenario"),
        ("world: {_target_: os.system}", "may not stand in a saved scenario"),
        ("seed: ${oc.env:HOME}", "references may not stand"),
        ("wrld: {scale: 1}", "did you mean world?"),
        ("- 1", "holds no scenario"),
        ("a: [", "is not valid YAML"),
        ("world: 3", "world=3: wrong type"),
        ("shocks: {x: 3}", "shocks.x=3: wrong type"),
        ("programme: {tranches: 99}", "programme.tranches=99: out of range"),
        ("1: 2", "no such section"),
    ],
)
def test_saved_scenarios_are_data_only(text, words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "saved.yaml").write_text(text)
    assert main(["run", "--from", "saved.yaml"]) == 2
    err = capsys.readouterr().err
    assert words in err
    assert len(err.splitlines()) == 1


def test_a_saved_scenario_lies_over_the_options_and_under_overrides(tmp_path):
    saved = {"world": {"preset": "classroom"}, "programme": {"tranches": 5, "prefinancing": 0.1}, "seed": 9}
    plain = compose_plain(["programme.tranches=6"], saved=saved)
    scenario = make_request(plain).scenario
    assert (scenario.world.preset, scenario.seed) == ("classroom", 9)
    assert (scenario.programme.tranches, scenario.programme.prefinancing) == (6, 0.1)
    # an option named on the command line replaces that whole part
    assert make_request(compose_plain(["programme=staged"], saved=saved)).scenario.programme.tranches == 3


def test_a_folder_of_ones_own_options(tmp_path):
    folder = tmp_path / "conf" / "programme"
    folder.mkdir(parents=True)
    (folder / "mine.yaml").write_text("# Mine.\ntranches: 7\n")
    scenario = compose("programme=mine", config_dir=str(tmp_path / "conf"))
    assert scenario.programme.tranches == 7


def test_every_parameter_is_described_and_starts_inside_its_range():
    for key in [*scenario_keys(), *settings_keys()]:
        assert key.description.strip(), key.name
        if key.range is not None and isinstance(key.default, (int, float)):
            assert key.range[0] <= key.default <= key.range[1], key.name


def test_the_page_of_parameters_is_up_to_date():
    from tools.parameters_page import PAGE, page

    assert PAGE.read_text(encoding="utf-8") == page(), "run python tools/parameters_page.py"


def test_the_page_of_handles_is_up_to_date():
    from tools.handles_page import PAGE, page

    assert PAGE.read_text(encoding="utf-8") == page(), "run python tools/handles_page.py"


def test_nearest_names():
    assert nearest_name("tranches", ["programme.tranches", "world.scale"]) == "programme.tranches"
    assert nearest_name("DEU", ["deu"]) == "deu"
    assert nearest_name("xyz", ["programme.tranches"]) is None


def test_errors_survive_a_process_boundary():
    import pickle

    error = InputError("a", 1, "b", "c", problem="d")
    assert str(pickle.loads(pickle.dumps(error))) == str(error) == "a=1: d; allowed: b; did you mean c?"


# ---------------------------------------------------------------------------------------------- at random

KEYS = st.sampled_from([*all_keys(), *GROUPS, "shocks.supplier_loss.severity", "shocks.supplier_loss", "hydra.verbose"])
TYPOS = st.builds(
    lambda key, place, letter: key[: place % len(key)] + letter + key[place % len(key) + 1 :],
    KEYS, st.integers(0, 40), st.sampled_from([*string.ascii_lowercase, ".", "/", "@", ""]),
)  # fmt: skip
VALUES = st.one_of(
    st.integers(-(10**20), 10**20).map(str),
    st.floats().map(str),
    st.sampled_from(
        ["null", "true", "", "[]", "{}", "[1,2]", "[a,[b]]", "{a: 1}", "{a: {b: c}}", "'${x}'", "???", "${oc.env:HOME}",
         "DEU", "[DEU]", "[XXX]", "all", "drawn", "observed", "1,2", "choice(a,b)", "range(1,3)", "'", "\"", "a=b"]
    ),
    st.text(max_size=8),
)  # fmt: skip
OVERRIDES = st.one_of(
    st.builds(
        lambda sign, key, value: f"{sign}{key}={value}",
        st.sampled_from(["", "", "", "+", "++", "~"]), st.one_of(KEYS, TYPOS), VALUES,
    ),
    st.text(max_size=12),
)  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(st.lists(OVERRIDES, min_size=1, max_size=3))
def test_random_overrides_never_show_a_traceback(overrides):
    words = [word for word in overrides if not word.startswith("-")]
    import contextlib
    import io

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(["run", "world=classroom", "shocks=[supplier_loss]", *words, "++runner.dry_run=true"])
    assert code in (0, 2)
    assert len(err.getvalue().splitlines()) == (1 if code == 2 else 0), err.getvalue()


SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=6))
TREES = st.recursive(
    SCALARS, lambda inside: st.one_of(st.lists(inside, max_size=3), st.dictionaries(SCALARS, inside, max_size=3)),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["world", "programme", "shocks", "instruments", "timeline", "behaviour", "seed", "experiment"]),
        st.one_of(
            TREES,
            st.dictionaries(
                st.sampled_from(["preset", "scale", "countries", "tranches", "supplier_loss", "search", "factors"]),
                TREES,
            ),
        ),
        max_size=3,
    )
)  # fmt: skip
def test_random_files_never_show_a_traceback(tmp_path_factory, data):
    import contextlib
    import io

    path = tmp_path_factory.mktemp("saved") / "saved.yaml"
    path.write_text(yaml.safe_dump(data, allow_unicode=True))
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(["run", "--from", str(path), "runner.dry_run=true"])
    assert code in (0, 2)
    assert len(err.getvalue().splitlines()) == (1 if code == 2 else 0), err.getvalue()


def test_the_options_are_found():
    assert (conf_folder() / "config.yaml").is_file()
