"""Options and overrides: everything that ships composes, everything wrong is one line."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ecosim.catalogue.cards import example_of
from ecosim.catalogue.cards import words as example_words
from ecosim.catalogue.families import FAMILIES
from ecosim.cli import main
from ecosim.errors import InputError, nearest_name
from ecosim.lab.check import check
from ecosim.lab.compose import GROUPS, compose, compose_plain, conf_folder, hydra_arguments, make_request, options
from ecosim.lab.design import make_plan
from ecosim.lab.keys import scenario_keys, settings_keys
from ecosim.scenario import as_plain, with_overrides
from tests.lab.conftest import fake_model  # noqa: F401

OPTIONS = [(group, name) for group in GROUPS for name in options(group)]


@pytest.mark.parametrize(("group", "option"), OPTIONS)
def test_every_option_composes(group, option):
    words = [f"{group}={option}"]
    if group in FAMILIES and option in FAMILIES[group]:
        # a kind that needs others beside it says so in its example
        words = list(example_words(example_of(group, FAMILIES[group][option])))
    request = make_request(compose_plain(words))
    check(request.scenario)
    make_plan(request)


@pytest.mark.parametrize(("group", "option"), OPTIONS)
def test_every_option_says_what_it_is(group, option):
    assert options(group)[option].endswith((".", "?")), f"{group}={option} is described by no sentence"


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


# ---------------------------------------------------------------------------------------------- nonsense

RUPTURE = "shocks=[diplomatic_rupture]"
LOSS = "shocks=[supplier_loss]"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        # nested, long, huge: nothing is built of it
        (["experiment.factors=" + "[" * 3000 + "]" * 3000], "is nested too deeply; allowed: at most 20 lists"),
        (["experiment.factors=" + "{a: " * 21 + "1" + "}" * 21], "is nested too deeply"),
        (["seed=" + "9" * 5000], "seed=999"),
        (["seed=" + "9" * 400], "holds a number with hundreds of digits"),
        (["experiment.question=" + "x" * 100_001], "is too long"),
        (["experiment.question=a\0b"], "holds a zero byte"),
        (["experiment.question=\udcff"], "holds bytes that are no UTF-8"),
        (["experiment.name=" + "n" * 300], "is too long for a folder"),
        (["output.folder=" + "n" * 300], "is too long for a file or folder"),
        (["output.folder=" + "n/" * 3000], "is too long for a file or folder"),
        (["world.start=cordis", "world.participations=" + "n" * 300], "is too long for a file or folder"),
        (["--from", "n" * 300], "is too long for a file or folder"),
        (["--config-dir", "n" * 300], "is too long for a file or folder"),
        (["--plugin", "n" * 300], "is too long for a file or folder"),
        (["world.scale=20", "world.entrants_per_year=1", "world.pool_factor=10"],
         "organisations with world.pool_factor"),
        (["timeline.start=2199-01"], "is too far away for a run of"),
        (["timeline.start=0001-01"], "is too far away"),
        (["timeline.start='2014-²'"], "YYYY-MM"),
        (["policy.start='2014-²'"], "is not a month"),
        (["replicate=2147483648"], "out of range"),
        (["+shocks.x" + "y" * 300 + "={kind: supplier_loss}"], "is no name for a table"),
        # vectors
        (["behaviour.search.coordinator_propensity=[0,0,0,0,0]"], "is all zero: nobody would lead"),
        (["behaviour.search.coordinator_propensity=[-1,1,1,1,1]"], "five numbers from 0 to"),
        (["behaviour.search.coordinator_propensity=[.nan,1,1,1,1]"], "coordinator_propensity"),
        (["behaviour.search.coordinator_propensity=[1e300,1,1,1,1]"], "five numbers from 0 to"),
        (["behaviour.search.coordinator_propensity=[]"], "has too few elements"),
        (["programme.countries_per_consortium=[0,0]"], "1 <= fewest <= most"),
        (["programme.countries_per_consortium=[1,99999999999]"], "1 <= fewest <= most <= 1000"),
        (["programme.blocs_per_consortium=[-1,2]"], "1 <= fewest <= most"),
        # nothing in a list
        (["instruments=matchmaking", "instruments.matchmaking.sectors=[]"], "names none"),
        (["instruments=matchmaking", "instruments.matchmaking.hosts=[]"], "names no country"),
        (["instruments=matchmaking", "instruments.matchmaking.senders=[]"], "names no country"),
        ([RUPTURE, "shocks.diplomatic_rupture.counterparts=[]"], "names no country"),
        (["world.countries=[]"], "at least one country"),
        # what contradicts, or says nothing beside what is chosen
        ([RUPTURE, "shocks.diplomatic_rupture.counterparts=[XXX]"], "no such country"),
        ([RUPTURE, "shocks.diplomatic_rupture.targets=[DEU]", "shocks.diplomatic_rupture.counterparts=[DEU]"],
         "leaves no pair that breaks"),
        ([RUPTURE, "shocks.diplomatic_rupture.targets=all"], "leaves no pair that breaks"),
        (["programme.prefinancing=1"], "leaves nothing for programme.tranches=2"),
        (["programme.prefinancing=1", "programme.tranches=5"], "leaves nothing for programme.tranches=5"),
        (["programme.tranches=0"], "needs at least one tranche"),
        (["world.n_countries=7"], "says nothing in world 'europe'"),
        ([LOSS, "shocks.supplier_loss.profile_months=3"], "says nothing with profile=step"),
        ([LOSS, "shocks.supplier_loss.effective_after_months=null"], "a threat of supplier_loss changes nothing"),
        ([RUPTURE, "shocks.diplomatic_rupture.effective_after_months=null", "shocks.diplomatic_rupture.profile=ramp"],
         "says nothing of a threat"),
        (["shocks=[supplier_loss,supplier_loss]"], "names supplier_loss twice"),
        (["runner.jobs=4"], "jobs says nothing with runner=local; allowed: only with runner=slurm"),
        (["runner.walltime=soon"], "is no time SLURM takes"),
        (["runner.address=tcp://a:1"], "only with runner=dask"),
        (["runner=slurm", "runner.prologue=['a\nb']"], "more than one line"),
    ],
)  # fmt: skip
def test_nonsense_is_one_line_before_anything_runs(words, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["run", *words, "runner.dry_run=true"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert len(err.splitlines()) == 1
    assert len(err) < 1500
    assert not list(tmp_path.iterdir())


SWEEP = ("experiment=none", "world=classroom", LOSS)
LAID = ("experiment.uncertainties={behaviour.trust.gain: [0.1, 0.4]}",)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([*LAID, "experiment.design=latin_hypercube", "experiment.points=1e9"], "at most 100,000 points"),
        ([*LAID, "experiment.design=morris", "experiment.points=1e9"], "lay 2,000,000,000 points over 1 inputs"),
        ([*LAID, "experiment.design=saltelli", "experiment.points=1073741824"], "at most 100,000 points"),
        ([*LAID, "experiment.points=1e9"], "at most 100,000 points"),
        ([*LAID, "experiment.design=one_at_a_time", "experiment.points=1e9"], "at most 100,000 points"),
        ([*LAID, "experiment.points=1000", "experiment.replicates=100000"], "at most 2,000,000 histories"),
        (["experiment.factors={" + ", ".join(f"f{k}: {{a: {{}}, b: {{seed: {k}}}}}" for k in range(40)) + "}"],
         "make 1,099,511,627,776 policies"),
        (["replicate=2147483600", "experiment.replicates=100"], "numbers up to 2147483647"),
        (["replicate=2147483600", "experiment.replicates=auto"], "numbers up to 2147483647"),
        (["experiment.replicates=4294967296"], "from 1 to 100000"),
        (["experiment.factors={delivered: {a: {}, b: {seed: 2}}}"], "is a name the results use already"),
        (["experiment.factors={regret: {a: {}, b: {seed: 2}}}"], "is a name the results use already"),
        (["experiment.factors={delivered_output_24: {a: {}, b: {seed: 2}}}"], "is a name the results use already"),
        (["experiment.factors={delivered_output_low: {a: {}, b: {seed: 2}}}"], "is a name the results use already"),
        (["experiment.uncertainties={fragility: {a: {}, b: {seed: 2}}}"], "is a name the results use already"),
        (["experiment.factors={" + "f" * 300 + ": {a: {}, b: {seed: 2}}}"], "is no name for a table"),
        (["experiment.factors={shocks.funder_withdrawal.severity: [0.5, 1]}"],
         "'funder_withdrawal' is not among the chosen shocks (supplier_loss)"),
        (["experiment.uncertainties={a: {b: {shocks.nothing.severity: 1}, c: {}}}"],
            "'nothing' is not among the chosen"),
        (["experiment.factors={instruments.matchmaking.limit: [0.1, 0.2]}"], "not among the chosen instruments (none)"),
        (["shocks=[supplier_loss,funder_withdrawal]", "experiment.branches={one: [supplier_loss]}",
          "experiment.factors={shocks.funder_withdrawal.severity: [0.5, 1]}"], "no branch of experiment.branches"),
        (["experiment.branches={}"], "names no branch"),
        (["experiment.branches={a: []}"], "names no shock"),
        (["experiment.break_even=[nonsense]"], "is no parameter that may be drawn, and no factor"),
        (["experiment.break_even=[behaviour.trust.gian]"], "did you mean behaviour.trust.gain?"),
        (["experiment.factors={plan: {a: {}, b: {seed: 2}}}", "experiment.break_even=[plan]"], "are no numbers"),
        (["experiment.hold=[nonsense]"], "names no parameter that is assumed"),
        (["experiment.morris_levels=6"], "only with experiment.design=morris"),
        (["experiment.second_order=true"], "only with experiment.design=saltelli"),
        (["experiment.levers=sampled"], "says nothing with experiment.design=grid"),
        (["experiment.points=8"], "says nothing of a grid of levers"),
        (["experiment.factors={plan: {a: {}, b: {seed: 2}}}",
          "experiment.contrasts={x: {factor: plan, level: b, against: a, where: {plan: a}}}"], "which is contrasted"),
        (["experiment.factors={plan: {a: {}, b: {seed: 2}}}",
          "experiment.contrasts={x: {factor: plan, level: b, against: a, measures: []}}"], "a list such as"),
        (["focus=XXX"], "focus=XXX"),
        (["output.cordis=true"], "a sweep keeps no consortia"),
    ],
)  # fmt: skip
def test_a_nonsensical_experiment_is_one_line_in_the_plan(words, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["sweep", *SWEEP, *words, "runner.dry_run=true"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert len(err.splitlines()) == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", ["run", "sweep"])
def test_a_folder_that_cannot_be_made_is_told_in_the_plan(command, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").write_text("a file")
    assert main([command, *SWEEP, "output.folder=taken/below", "runner.dry_run=true"]) == 2
    assert "taken is a file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"world: " + b"[" * 3000 + b"]" * 3000, "is not valid YAML"),
        (b"world: " + b"[" * 60 + b"]" * 60, "is nested too deeply"),
        (b"a: &a [*a]", "is nested too deeply"),
        (
            b"x: &x [1,1,1,1,1,1,1,1,1]\n"
            + b"".join(
                b"%c: &%c [%s]\n" % (97 + k, 97 + k, b",".join([b"*%c" % (96 + k if k else 120)] * 9)) for k in range(8)
            ),
            "holds too much",
        ),
        (b"seed: " + b"9" * 5000, "is not valid YAML"),
        (b"\xff\xfe", "cannot be read"),
    ],
)
def test_files_that_would_take_all_memory_are_one_line(content, words, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "saved.yaml").write_bytes(content)
    assert main(["run", "--from", "saved.yaml"]) == 2
    err = capsys.readouterr().err
    assert words in err
    assert len(err.splitlines()) == 1


def test_what_an_experiment_varies_may_be_idle_at_some_levels(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for words in (
        ["experiment.factors={shocks.supplier_loss.profile: [step, ramp]}", "shocks.supplier_loss.profile_months=6"],
        ["experiment.factors={programme.tranches: [2, 6]}", "programme.prefinancing=1"],
        ["experiment.factors={programme.prefinancing: [0.4, 1.0]}"],
    ):
        assert len(make_plan(make_request(compose_plain([*SWEEP, *words]))).policies) == 2


@pytest.mark.usefixtures("fake_model")
def test_no_column_of_results_can_be_the_name_of_a_factor(tmp_path):
    """Whatever a table of a sweep is called by now, a factor of that name would be lost in it."""
    from ecosim.lab.inputs import is_reserved
    from ecosim.report.results import load
    from tests.test_cli import FAKE, SHORT

    words = ["experiment=none", "shocks=supplier_loss", "experiment.factors={programme.tranches: [2, 3]}",
             "experiment.replicates=3", "runner.processes=0", f"output.folder={tmp_path}"]  # fmt: skip
    assert main(["sweep", *words, "--plugin", FAKE, *SHORT]) == 0
    result = load(next(tmp_path.glob("run/*/manifest.json")).parent)
    for table in (result.design, result.measures, result.summary):
        assert [name for name in table.columns if not is_reserved(name) and name != "programme.tranches"] == []


# ---------------------------------------------------------------------------------------------- at random


def test_mutated_configurations_are_planned_or_refused_in_one_line():
    from tools.mutate import try_range

    # 2,000 are tried among the slow ones
    ends, faults = try_range(7, 0, 60, run_share=0.0)
    assert not faults
    assert ends["planned"] >= 4
    assert ends["refused"] >= 20


@pytest.mark.slow
def test_many_mutated_configurations_are_planned_or_refused_in_one_line():
    from tools.mutate import try_range

    ends, faults = try_range(11, 0, 2000, run_share=0.2)
    assert not faults
    assert ends["planned"] >= 100
    assert ends["run"] >= 2


def test_a_mutant_is_made_again_from_its_seed_and_number():
    from tools.mutate import mutant

    assert mutant(3, 14) == mutant(3, 14)
    assert len({mutant(3, number).words for number in range(60)}) > 25


def test_what_is_wrong_with_an_answer_is_seen():
    from tools.mutate import Mutant, attempt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tools.mutate.main", lambda words: print("Traceback") or 1)
        assert [fault.problem[:6] for fault in attempt(Mutant(0, "run", ()))[1]] == ["shows ", "exit c"]
        patch.setattr("tools.mutate.main", lambda words: 1 / 0)
        assert "ZeroDivisionError" in attempt(Mutant(0, "run", ()))[1][0].problem
        patch.setattr("tools.mutate.main", lambda words: 2)
        assert "answers in 0 lines" in attempt(Mutant(0, "run", ()))[1][0].problem


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


def test_chosen_decisions_take_the_place_of_the_usual_one():
    assert set(compose().decisions) == {"missions_follow_partnerships"}
    assert set(compose("decisions=[]").decisions) == set()
    assert set(compose("decisions=[governments_retaliate]").decisions) == {"governments_retaliate"}
    both = compose("decisions=[missions_follow_partnerships,governments_retaliate]",
                   "decisions.missions_follow_partnerships.step=0.5")  # fmt: skip
    assert set(both.decisions) == {"missions_follow_partnerships", "governments_retaliate"}
    assert both.decisions["missions_follow_partnerships"].step == 0.5
    assert compose("decisions.missions_follow_partnerships.step=0.1").decisions != compose().decisions


def test_an_option_sets_what_its_class_says():
    assert compose("shocks=[funder_withdrawal]").shocks["funder_withdrawal"].duration_months == 24
    again = compose("shocks=[late]", "shocks.late.kind=funder_withdrawal")
    assert again.shocks["late"].duration_months == 24


def test_hydra_too_lets_chosen_decisions_take_the_place_of_the_usual_one():
    usual = "~decisions.missions_follow_partnerships"
    assert hydra_arguments(["decisions=[governments_retaliate]"])[0] == usual
    assert hydra_arguments(["decisions=[]"])[0] == usual
    assert usual not in hydra_arguments(["decisions=[missions_follow_partnerships,governments_retaliate]"])
    assert usual not in hydra_arguments(["shocks=[supplier_loss]"])


def test_a_named_case_comes_before_what_an_option_says_and_after_what_a_word_says():
    exclusion = "shocks=[programme_exclusion]"
    case = "shocks.programme_exclusion.severity_of=united_kingdom_2016"
    assert compose(exclusion).shocks["programme_exclusion"].effective_after_months == 12
    assert compose(exclusion, case).shocks["programme_exclusion"].effective_after_months == 55
    for words in ([case, "shocks.programme_exclusion.effective_after_months=12"],
                  ["shocks.programme_exclusion.effective_after_months=12", case]):  # fmt: skip
        assert compose(exclusion, *words).shocks["programme_exclusion"].effective_after_months == 12
    # What stands in a saved scenario or in a scenario at hand was not set beside the case either.
    saved = as_plain(compose(exclusion))
    again = make_request(compose_plain([case], saved=saved)).scenario
    assert again.shocks["programme_exclusion"].effective_after_months == 55
    other = with_overrides(compose(exclusion), {case.partition("=")[0]: case.partition("=")[2]})
    assert other == again


def test_a_case_that_is_not_there_is_one_line(capsys):
    assert main(["run", "shocks=[diplomatic_rupture]",
                 "shocks.diplomatic_rupture.severity_of=rusia_2022"]) == 2  # fmt: skip
    error = capsys.readouterr().err.strip()
    assert "shocks.diplomatic_rupture.severity_of=rusia_2022" in error
    assert "allowed: null, russia_2022, average_sanction; did you mean russia_2022?" in error
    assert "\n" not in error
