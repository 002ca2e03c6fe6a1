"""The command line: a thin front that answers ``--help`` before anything heavy is imported."""

from __future__ import annotations

import contextlib
import gc
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

EXIT_DONE, EXIT_FAILED_RUNS, EXIT_BAD_INPUT, EXIT_INTERRUPTED = 0, 1, 2, 130

_HELP = """\
ecosim: which programmes, funding schedules and instruments keep research partnerships alive under which shocks

usage: ecosim COMMAND [arguments]

  run      [overrides]   one scenario, its twin and placebo
  sweep    [overrides]   an experiment: designs x replicates; the same command resumes
  report   [FOLDER]      figures, tables and one self-contained HTML page of a folder of results
  validate [overrides]   simulated patterns and responses to shocks beside the data
  brief    country=CODE  what a country's research hangs on, and the breaks that would cost it most
  atlas    [overrides]   the brief of every country of a world, as pages that open from disk
  explore  [--save FILE] a page to try it on: break a country, see who loses and what grows back
  list     KIND [WORD]   what can be named in an override

`ecosim COMMAND --help` explains each. Answers go to standard output, progress to standard error.
Exit codes: 0 done, 1 some runs failed, 2 bad input, 130 interrupted.
"""

_OVERRIDES = """\
Overrides are written as in Hydra:
  world=classroom                        an option of a group (world, policy, programme, runner, output, experiment)
  shocks=[diplomatic_rupture,supplier_loss]   several options of a group (shocks, instruments)
  programme.tranches=3                   one key; `ecosim list parameters` shows them all
  world.countries=[DEU,FRA,POL]          a list

Options:
  --config-dir DIR   a folder with options of your own, laid out like conf/
  --plugin MODULE    import a module or .py file that registers shocks, agents, ... of your own (may be repeated)
"""

_RUN_HELP = f"""\
usage: ecosim run [overrides] [options]

Simulates one scenario with all its shocks at once; the same world without them (twin); and the same world in which one
organisation with a usual number of partners is lost (placebo), which shows what is noise. Prints the answer; writes
results/run/<fingerprint>/ with runs, monthly series, a figure, the scenario, and participations.parquet (the twin's:
participations_twin.parquet) in the shape of the CORDIS table.

{_OVERRIDES}  --from FILE.yaml   a saved scenario; overrides are laid over it
  scenario=NAME      a scenario that ships (`ecosim list scenarios`); overrides are laid over it
  output.network=[2018-06]   who worked with whom in a month: networks/2018-06_shocked.graphml, and so for each arm
  output.cordis=true         the consortia also as the two files of a CORDIS download
  focus=NLD          what that country loses and gains and with which partners, beside the world's answer

Hydra's own flags hand over to Hydra: -m (one run for each of several values), --cfg job, --info, --hydra-help,
--shell-completion.

examples:
  ecosim run world=classroom shocks=diplomatic_rupture
  ecosim run shocks=[diplomatic_rupture] shocks.diplomatic_rupture.targets=[UK,bloc:efta] seed=7
  ecosim run shocks=funder_withdrawal focus=NLD
  ecosim run scenario=united_kingdom_2016
  ecosim run -m world=classroom programme=narrow,broad
"""

_SWEEP_HELP = f"""\
usage: ecosim sweep [experiment=NAME] [overrides] [options]

Runs every policy of an experiment under every shock, with replicates that share their random numbers. Prints a plan
first, and ends with one screen: what each policy keeps and yields beside the reference policy, what is open, and what
it turns on. --full prints the whole answer after it. Without experiment=NAME it runs experiment=headline, a quick look;
experiment=headline_reference is the one to quote. Writes results/<experiment>/<fingerprint>/. The same command resumes:
what is finished is not run again.

{_OVERRIDES}
  experiment.replicates=20               more histories per policy; auto: until intervals are narrow enough
  experiment.design=latin_hypercube      points over experiment.uncertainties (docs/how-to/design-a-sweep.md)
  runner.processes=4                     worker processes (default: one per processor; 0: this process)
  runner.timeout_seconds=600             end a history that hangs; it is recorded as failed
  runner.retry_failed=true               run histories that failed before once more
  runner.dry_run=true                    print the plan, what exists, time and disk; then stop
  output.folder=FOLDER                   root of the results
  output.series=all|quantiles|none       monthly outcomes to keep
  output.countries=all|means|none        the same by country
  focus=NLD                              the screen as one country sees it
  --full                                 the whole answer after the screen

examples:
  ecosim sweep
  ecosim sweep focus=NLD
  ecosim sweep world.scale=0.02 experiment.replicates=3
  ecosim sweep --cfg job
"""

_REPORT_HELP = """\
usage: ecosim report [FOLDER] [focus=COUNTRY]

Draws every figure that a folder of results allows (PNG and SVG in FOLDER/figures) and writes FOLDER/report.html: one
file with the question, the answer, the figures with what they show and what they rest on, tables, methods and the
manifest. It opens without a network. Prints the path of the page.

FOLDER is what `ecosim run` or `ecosim sweep` named, or a folder above it: the newest results below are taken. Without
FOLDER, the newest under results/. With focus=COUNTRY the page opens with what that country sees.

examples:
  ecosim report
  ecosim report results/headline focus=NLD
"""

_VALIDATE_HELP = f"""\
usage: ecosim validate [patterns|shocks|ablation|pairs|case=FILE] [overrides] [options]

patterns (the default): simulates windows of the size and shape of the data and prints every pattern with its role:
input (fed in), fitted (a few parameters are set by it) or predicted. Beside each stands what the data's own
organisations give when they are shuffled over its seats, without any behaviour; only predicted rows that no shuffle
meets say something, and they are counted apart. shocks: exclusion of a large and of a small country, a rupture and a
failing funder, year by year beside the twin, with the signs the literature gives and whether they hold. ablation: each
behavioural mechanism off, and which of the rows that say something get worse. pairs (the default with world=global):
joint work of pairs of countries beside co-publications, with what totals of countries alone give, and what the past.

case=FILE: a scenario with calendar dates beside what was observed, year by year, with what two rivals say that know
nothing: "no change", and the same world without the shock. FILE is a path, or the name of a case that ships:
united_kingdom, switzerland (docs/how-to/cases.md). Writes results/case_NAME/<fingerprint>/ with tables and a figure.

{_OVERRIDES}  --data FILE        a table of participations, or a CORDIS download (zip, folder), to take for
                     the data
  --save FILE        write the first simulated window in the same shape
  validate.windows=20                    simulated windows, or replicates of each shock (default 5; of a case, each
                                         with a draw of every assumed parameter)
  validate.start=2014-01 validate.end=2016-12   the window in the data
  validate.tolerance=0.1                 half-width of the narrowest band, as a share of the simulated mean
  validate.shuffles=20                   shuffled tables for each null model, with --data (default 20)
  validate.strict=true                   exit code 1 when a row that says something lies outside its band
  runner.processes=2                     worker processes

Patterns, ablation and cases simulate the whole programme (world.scale=1) unless told otherwise; with --data, as many
projects as the table has. pairs, and cases in world=global, simulate at world.scale=0.1; pairs by default 20 worlds,
five windows of each of four ways to feed them, for 2014-2016, beside co-publications of 2014-2019. How much memory a
window takes is said first; no more workers start than fit. There is no dry run, and an interrupted one begins again.

examples:
  ecosim validate validate.windows=20
  ecosim validate --data participations.parquet
  ecosim validate shocks validate.windows=10
  ecosim validate case=united_kingdom validate.windows=20
  ecosim validate world=global
"""

_BRIEF_HELP = f"""\
usage: ecosim brief country=CODE [overrides] [options]

A quick look at one country: what its cross-border research hangs on (partner countries, sectors, suppliers, funders),
from the facts that ship and from a simulated twin; then the single breaks that would cost it most, with intervals:
ruptures with its main partners, exclusion from the programme, loss of its main suppliers, a failing funder. No number
is given for the loss of what is hardly simulated. About a minute on two processors.

  country=NL                             a country, by any code or name
  break=DEU+GBR                          relations with both break at once, in place of the breaks above
  break=[bloc:eu,NLD]                    each alone, one after the other
  focus=DEU                              what Germany loses or gains stands beside; alone, it is the country
  programme=narrow,broad                 two programmes side by side
  replicates=12                          simulated histories; more narrow the intervals
  partners=5                             main partners with which a rupture is tried
  blocs=[eu,efta]                        and with the other members of these blocs (default: none)
  own_eur=1e6                            what new money of its own does, EUR a month (default: not tried)

{_OVERRIDES}
examples:
  ecosim brief country=NL
  ecosim brief country=BRA world=global
  ecosim brief country=CHE break=bloc:eu programme=narrow,broad
  ecosim brief country=CHE world=classroom replicates=40
"""

_ATLAS_HELP = f"""\
usage: ecosim atlas [overrides] [options]

Makes a folder of pages that open from disk: an index with a map, and a page for each country of the world. A page says
who the country works with, what it loses when each main partner or a bloc breaks, for how long and who gains, what a
million euro a month of its own would do, and how far the world covers its ties. Its numbers are those of
`ecosim brief`; each page names the command that prints them, and has them as CSV beside it. All countries share the
histories, and a plan with an estimate comes first. The same command resumes. Writes
results/atlas/<fingerprint>/index.html and prints its path.

  countries=[NLD,DEU]                    pages of these only (focus=NLD: of one); more can be added later
  replicates=10                          simulated histories; more narrow the intervals and keep what is there
  partners=4                             main partners of each country with which a rupture is tried
  blocs=[eu,efta]                        blocs with whose other members each country breaks in turn
  own_eur=1e6                            new money of a country's own, EUR a month; 0: not tried
  own_policy=balanced                    policy whose levers it buys

{_OVERRIDES}
  runner.processes=4                     worker processes (default: one per processor; 0: this process)
  runner.dry_run=true                    print the plan and stop
  runner.retry_failed=true               simulate branches that failed before once more
  output.folder=FOLDER                   root of the results

examples:
  ecosim atlas
  ecosim atlas world=europe countries=[NLD,DEU]
  ecosim atlas world=classroom
"""

_EXPLORE_HELP = """\
usage: ecosim explore [--save FILE.html] [--no-browser] [--port N]

A page for a class or a minister: choose two policies, say what you expect, break a country, and see month by month what
is lost and what grows back. The same dice fall for both.

Served on this computer, the page runs any scenario, two runs at a time; only this computer reaches it, and only with
the address that is printed. Ctrl-C ends. It needs two libraries: pip install -e ".[page]"

  --save FILE.html   write the page as one file instead: no server, no network, nothing to install
  --no-browser       print the address and open nothing
  --port N           a port of your choice; a free one otherwise

examples:
  ecosim explore
  ecosim explore --save page.html
"""

#: What `ecosim list` lists.
KINDS = (
    "worlds", "countries", "blocs", "sectors", "policies", "programmes", "shocks", "decisions", "instruments",
    "funders", "handles",
    "agents", "scenarios", "experiments", "outcomes", "measures", "parameters",
)  # fmt: skip

_LIST_HELP = f"""\
usage: ecosim list KIND [WORD ...] [--plugin MODULE] [--config-dir DIR]

One line for each. KIND is one of:
  {", ".join(KINDS[:7])},
  {", ".join(KINDS[7:])}.

With a WORD, only those whose name holds it (if there is none: whose line holds it). `list parameters` shows every key
with its default, unit, what is allowed, and where the value comes from; `list blocs` shows who is in them.

examples:
  ecosim list parameters shocks
  ecosim list countries korea
  ecosim list blocs eu
"""

#: Of Hydra's flags, those of which it takes one.
_HYDRA_MODES = ("-m", "--multirun", "-c", "--cfg", "-i", "--info", "-sc", "--shell-completion")
#: Flags that only Hydra answers; the second item says whether a value follows.
_HYDRA_FLAGS: dict[str, bool] = {
    "-m": False, "--multirun": False, "--cfg": True, "-c": True, "--info": False, "-i": False, "--hydra-help": False,
    "--resolve": False, "--package": True, "-p": True, "--shell-completion": False, "-sc": False,
    "--experimental-rerun": True,
}  # fmt: skip


#: Commands that keep nothing of work that was cut short.
_BEGIN_AGAIN = ("validate",)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code.

    Where the reader of the answer or of the progress has gone (``ecosim sweep 2>&1 | head``), the work is done all the
    same, and the code says how it ended.
    """
    from ecosim.progress import let_go, open_streams

    open_streams()
    try:
        return _command(list(sys.argv[1:] if argv is None else argv))
    except BrokenPipeError:
        # not every line is ours: Hydra writes some
        if let_go():
            return EXIT_DONE
        raise
    finally:
        let_go()


def _command(arguments: list[str]) -> int:
    from ecosim.progress import answer, say

    if not arguments or arguments[0] in ("-h", "--help", "help"):
        answer(_HELP.rstrip())
        return EXIT_DONE
    if arguments[0] in ("-V", "--version"):
        from ecosim.version import __version__

        answer(f"ecosim {__version__}")
        return EXIT_DONE
    command, rest = arguments[0], arguments[1:]
    commands: dict[str, tuple[Callable[[list[str]], int], str]] = {
        "run": (_run, _RUN_HELP),
        "sweep": (_sweep, _SWEEP_HELP),
        "report": (_report, _REPORT_HELP),
        "validate": (_validate, _VALIDATE_HELP),
        "brief": (_brief, _BRIEF_HELP),
        "atlas": (_atlas, _ATLAS_HELP),
        "explore": (_explore, _EXPLORE_HELP),
        "list": (_list, _LIST_HELP),
    }
    from ecosim.errors import InputError, nearest_name

    try:
        if command in ("-sc", "--shell-completion"):
            return _complete(arguments, list(commands))
        if command not in commands:
            raise InputError(
                "command", command, ", ".join(commands), nearest_name(command, commands), problem="no such command"
            )
        action, text = commands[command]
        if any(word in ("-h", "--help") for word in rest):
            answer(text.rstrip())
            return EXIT_DONE
        return action(rest)
    except InputError as error:
        say(f"ecosim: {error}")
        return EXIT_BAD_INPUT
    except KeyboardInterrupt:
        # only what is kept in a folder of runs can be gone on with
        goes_on = command not in _BEGIN_AGAIN
        say(f"ecosim: interrupted; the same command {'continues' if goes_on else 'begins again'}")
        return EXIT_INTERRUPTED


# ---------------------------------------------------------------------------------------------- arguments


class _Arguments:
    """Words of a command, sorted: overrides, our options, Hydra's flags."""

    def __init__(
        self, words: list[str], own: Sequence[str], flags: Sequence[str] = (), keys: Sequence[str] = ()
    ) -> None:
        #: Flags given, and values of keys that are the command's own and no part of a scenario.
        self.flags: set[str] = set()
        self.keys: dict[str, str] = {}
        self.overrides: list[str] = []
        self.options: dict[str, list[str]] = {}
        self.hydra: list[str] = []
        queue = list(words)
        while queue:
            word = queue.pop(0)
            name, equals, value = word.partition("=")
            if word in flags:
                self.flags.add(word)
            elif name in keys and equals:
                self.keys[name] = value
            elif name in own and name.startswith("-"):
                self.options.setdefault(name, []).append(_path(name, value if equals else _next(queue, name)))
            elif name in ("--config-dir", "-cd"):
                folder = _path("--config-dir", value if equals else _next(queue, name))
                self.options.setdefault("--config-dir", []).append(folder)
            elif name in _HYDRA_FLAGS:
                self.hydra.append(word)
                if _HYDRA_FLAGS[name] and not equals:
                    self.hydra.append(_next(queue, name))
                elif name in ("--info", "-i") and queue and queue[0] in _INFO_TOPICS:
                    self.hydra.append(queue.pop(0))
            elif word.startswith("-"):
                _unknown_flag(word, [*own, *flags])
            else:
                self.overrides.append(word)

    def one(self, name: str) -> str | None:
        """Value of an option that may be given once."""
        from ecosim.errors import InputError

        given = self.options.get(name, [])
        if len(given) > 1:
            raise InputError(name, given[1], problem="given twice")
        return given[0] if given else None


_INFO_TOPICS = ("all", "config", "defaults", "defaults-tree", "plugins", "searchpath")


def _path(name: str, text: str) -> str:
    """A file or folder that an option names; a shell leaves the ``~`` of ``--data=~/x`` as it is."""
    from ecosim.errors import usable_path

    usable_path(name, text)
    if not text.startswith("~"):
        return text
    from ecosim.lab.compose import expanded

    return expanded(text)


def _next(queue: list[str], name: str) -> str:
    from ecosim.errors import InputError

    if not queue:
        raise InputError(name, problem="needs a value")
    return queue.pop(0)


def _unknown_flag(word: str, own: Sequence[str]) -> NoReturn:
    from ecosim.errors import InputError, nearest_name

    known = [*own, "--config-dir", *(flag for flag in _HYDRA_FLAGS if flag.startswith("--")), "--help"]
    nearest = nearest_name(word, known) or _key_meant(word)
    raise InputError(word, problem="no such option", nearest=nearest, allowed=", ".join(own))


def _key_meant(word: str) -> str | None:
    """The parameter a flag names in the way of other programs: ``--dry-run`` is ``runner.dry_run=``."""
    from ecosim.lab.keys import all_keys

    name = word.lstrip("-").partition("=")[0].replace("-", "_")
    keys = [key for key in all_keys() if key.rpartition(".")[2] == name]
    return f"{keys[0]}=..." if len(keys) == 1 else None


# ---------------------------------------------------------------------------------------------- commands


def _run(words: list[str]) -> int:
    given = _Arguments(words, ("--from", "--plugin"), keys=("focus",))
    config_dirs = given.options.get("--config-dir", [])
    from ecosim.lab.compose import load_plugins

    plugins = load_plugins(given.options.get("--plugin", []))
    if given.hydra:
        if given.one("--from") is not None:
            from ecosim.errors import InputError

            raise InputError("--from", given.one("--from"), problem=f"cannot be combined with {given.hydra[0]}")
        return _hand_over(given, given.overrides, plugins)
    from ecosim.lab.compose import compose_plain, make_request, read_saved

    saved = given.one("--from")
    plain = compose_plain(
        given.overrides, config_dirs=config_dirs, saved=read_saved(saved) if saved is not None else None
    )
    return _run_request(make_request(plain, plugins), given.keys.get("focus"))


def _run_request(request: object, focus: str | None = None) -> int:
    from ecosim.lab.api import network_months, run_and_store
    from ecosim.lab.check import check, check_output, reading_lines
    from ecosim.lab.compose import Request
    from ecosim.progress import answer, say

    assert isinstance(request, Request)
    check(request.scenario)
    check_output(request.output)
    network_months(request)
    if focus is not None:
        focus = _check_focus(focus, request, kept=("all", "means"))
    if request.runner.dry_run:
        for line in reading_lines(request.scenario):
            answer(line)
        answer(f"One scenario of {request.scenario.calendar.months} months with {len(request.scenario.shocks)} shocks.")
        return EXIT_DONE
    result, folder = run_and_store(request, command=_command_line())
    answer(result.text(focus))
    say(f"Results: {folder}")
    failed = result.runs[result.runs["status"] != "ok"]
    for row in failed.to_dict("records"):
        say(f"failed: {row['arm']}: {row['error']}")
    return EXIT_FAILED_RUNS if len(failed) else EXIT_DONE


def _sweep(words: list[str]) -> int:
    from ecosim.errors import InputError

    given = _Arguments(words, ("--plugin",), ("--full",), ("focus",))
    from ecosim.lab.compose import compose_plain, load_plugins, make_request

    plugins = load_plugins(given.options.get("--plugin", []))
    named = any(text.lstrip("+").startswith("experiment=") for text in given.overrides)
    overrides = given.overrides if named else ["experiment=headline", *given.overrides]
    if given.hydra:
        if given.hydra[0] in ("-m", "--multirun"):
            raise InputError(given.hydra[0], problem="works on run; a sweep varies the factors of its experiment")
        return _hand_over(given, overrides, plugins)
    request = make_request(compose_plain(overrides, config_dirs=given.options.get("--config-dir", [])), plugins)
    from ecosim.lab.api import dry_run, run_sweep
    from ecosim.lab.check import check_output
    from ecosim.progress import answer, say

    focus = _check_focus(given.keys["focus"], request) if "focus" in given.keys else None
    check_output(request.output)
    if request.runner.dry_run:
        answer(dry_run(request))
        if request.runner.kind == "slurm":
            from ecosim.lab.cluster import job_script

            answer(f"\nEach of {request.runner.jobs} jobs:\n{job_script(request.runner).rstrip()}")
        return EXIT_DONE
    result = run_sweep(request, command=_command_line())
    seen = result.focused(focus) if focus is not None else result
    full = "--full" in given.flags
    answer(seen.screen(full))
    if full:
        answer(f"\n{seen.text()}")
    say(f"Results: {result.folder}")
    say(f"Report: ecosim report {result.folder}")
    failed = result.runs[result.runs["status"] != "ok"]
    if len(failed):
        say(f"{len(failed)} of {len(result.runs)} runs failed; the first: {failed['error'].iloc[0]}")
        say("`runner.retry_failed=true` runs them once more; log.txt has the details.")
        return EXIT_FAILED_RUNS
    return EXIT_DONE


def _check_focus(country: str, request: object, kept: Sequence[str] = ("all",)) -> str:
    """ISO 3 code of a country to be looked at.

    Refuses, before anything runs, one that the world does not have or whose months would not be kept.
    """
    from ecosim.errors import InputError, nearest_name
    from ecosim.lab.compose import Request
    from ecosim.world import load_world
    from ecosim.world.names import country_code, is_known

    assert isinstance(request, Request)
    world = load_world(request.scenario.world)
    country = country.strip()
    if len(country) > 1 and country[0] in "'\"" and country[-1] == country[0]:
        country = country[1:-1]
    if not country or country.startswith("["):
        raise InputError("focus", country or None, problem="takes one country", allowed="a country by code or name")
    code = str(country_code(country))
    if code not in world.countries and is_known(code):
        raise InputError("focus", country, ", ".join(world.countries), problem=f"is not in world '{world.name}'")
    if code not in world.countries:
        raise InputError(
            "focus", country, ", ".join(world.countries), nearest_name(str(country), [*world.countries]),
            problem=f"is no country of world '{world.name}'",
        )  # fmt: skip
    if request.output.countries not in kept:
        raise InputError(
            "focus", country, f"output.countries={' or '.join(kept)}", problem="needs the months of every country"
        )
    return code


def _report(words: list[str]) -> int:
    from ecosim.errors import InputError

    given = _Arguments(words, (), (), ("focus",))
    odd = [*given.hydra, *given.options, *given.overrides[1:]]
    if odd:
        raise InputError(odd[0], problem="report takes one folder and focus=COUNTRY, nothing else")
    from pathlib import Path

    from ecosim.progress import answer
    from ecosim.report.drawing import collect_no_garbage
    from ecosim.report.folder import find_folder
    from ecosim.report.page import write_report
    from ecosim.report.seals import is_vouched_for

    folder = find_folder(Path(_path("FOLDER", given.overrides[0])) if given.overrides else None)
    collect_no_garbage()
    try:
        page = write_report(folder, processes=min(2, os.cpu_count() or 1), focus=given.keys.get("focus"))
    except InputError:
        raise
    except Exception as error:
        if is_vouched_for(folder):
            raise
        # nobody vouches for this folder: its tables and its manifest are each well made, and do not fit together
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise InputError(
            str(folder), problem=f"holds tables and a manifest that do not fit together ({reason})",
            allowed="a folder as ecosim wrote it",
        ) from None  # fmt: skip
    finally:
        gc.enable()
    answer(str(page))
    return EXIT_DONE


def _validate(words: list[str]) -> int:
    from ecosim.errors import InputError

    given = _Arguments(words, ("--data", "--save", "--plugin"), keys=("case",))
    if given.hydra:
        raise InputError(given.hydra[0], problem="does not work on validate; it works on run")
    from ecosim.evidence.validate import validate
    from ecosim.lab.compose import load_plugins
    from ecosim.progress import answer

    load_plugins(given.options.get("--plugin", []))
    text, good = validate(
        given.overrides, data=given.one("--data"), save=given.one("--save"),
        config_dirs=given.options.get("--config-dir", []), case=given.keys.get("case"),
    )  # fmt: skip
    answer(text)
    return EXIT_DONE if good else EXIT_FAILED_RUNS


def _brief(words: list[str]) -> int:
    from ecosim.errors import InputError

    given = _Arguments(words, ("--plugin",))
    if given.hydra:
        raise InputError(given.hydra[0], problem="does not work on brief; it works on run")
    from ecosim.evidence.brief import ask, carry_out
    from ecosim.lab.compose import load_plugins
    from ecosim.progress import answer

    plugins = load_plugins(given.options.get("--plugin", []))
    found = carry_out(ask(given.overrides, given.options.get("--config-dir", []), plugins))
    answer(found.text())
    return EXIT_FAILED_RUNS if found.failed else EXIT_DONE


def _atlas(words: list[str]) -> int:
    from ecosim.errors import InputError

    given = _Arguments(words, ("--plugin",))
    if given.hydra:
        raise InputError(given.hydra[0], problem="does not work on atlas; it works on run")
    from ecosim.evidence.atlas.question import ask_atlas
    from ecosim.evidence.atlas.run import carry_out
    from ecosim.lab.compose import load_plugins
    from ecosim.progress import answer, say

    plugins = load_plugins(given.options.get("--plugin", []))
    question = ask_atlas(given.overrides, given.options.get("--config-dir", []), plugins)
    made = carry_out(question, command=shlex.join(["ecosim", "atlas", *words]))
    if made is None:
        return EXIT_DONE
    answer(str(made.page))
    if made.failed:
        say(f"{len(made.failed)} branches failed; the first: {made.failed[0]}")
        say("`runner.retry_failed=true` simulates them once more.")
        return EXIT_FAILED_RUNS
    return EXIT_DONE


def _explore(words: list[str]) -> int:
    from ecosim.errors import InputError

    given = _Arguments(words, ("--save", "--port"), ("--no-browser",))
    odd = [*given.hydra, *given.overrides, *given.options.get("--config-dir", [])]
    if odd:
        raise InputError(odd[0], problem="explore takes no overrides; scenarios are set on the page",
                         allowed="--save FILE.html, --no-browser, --port N")  # fmt: skip
    from ecosim.page.explore import explore

    port = given.one("--port") or "0"
    if not (port.isascii() and port.isdigit() and int(port) <= 65_535):
        raise InputError("--port", port, problem="out of range", allowed="a whole number from 0 to 65535")
    explore(given.one("--save"), browser="--no-browser" not in given.flags, port=int(port))
    return EXIT_DONE


def _command_line() -> str:
    return shlex.join(["ecosim", *sys.argv[1:]])


def _hand_over(given: _Arguments, overrides: Sequence[str], plugins: dict[str, str]) -> int:
    """Let Hydra drive: its own flags, multirun, completion."""
    import hydra

    from ecosim.errors import InputError
    from ecosim.lab.compose import conf_folder, hydra_arguments, register_schema

    config_dirs = given.options.get("--config-dir", [])
    modes = [flag for flag in given.hydra if flag.partition("=")[0] in _HYDRA_MODES]
    if len(modes) > 1:
        raise InputError(modes[1], problem=f"cannot be given beside {modes[0]}", allowed="one of them")
    if {"-m", "--multirun"} & set(given.hydra):
        _check_sweep_folder(overrides)
    # `--shell-completion` and `--hydra-help` take words Hydra reads itself
    arguments = list(overrides) if _is_raw(given.hydra) else hydra_arguments(overrides, config_dirs)
    register_schema()
    flags = list(given.hydra)
    for folder in config_dirs:
        flags += ["--config-dir", folder]
    worst = EXIT_DONE
    this_process = os.getpid()

    def job(config: object) -> int:
        nonlocal worst
        import logging

        # Hydra turns on informational logging for all; Mesa would then announce every month.
        logging.getLogger("MESA").setLevel(logging.WARNING)
        from omegaconf import OmegaConf

        from ecosim.lab.compose import load_plugins, make_request
        from ecosim.progress import say

        try:
            # a launcher may have started another process, which does not know them yet
            load_plugins(plugins)
            plain = OmegaConf.to_container(config, resolve=True)
            code = _run_request(make_request(plain, plugins), given.keys.get("focus"))  # type: ignore[arg-type]
        except InputError as error:
            say(f"ecosim: {error}")
            code = EXIT_BAD_INPUT
        worst = max(worst, code)
        if code != EXIT_DONE and os.getpid() != this_process:
            # only an error finds its way back from there
            from hydra.errors import CompactHydraException

            ended = CompactHydraException(f"ecosim: a run ended with exit code {code}")
            ended.exit_code = code  # type: ignore[attr-defined]
            raise ended
        return code

    before = sys.argv
    sys.argv = [before[0], *flags, *arguments]
    try:
        hydra.main(config_path=str(conf_folder()), config_name="config", version_base="1.3")(job)()
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else (EXIT_DONE if stop.code is None else EXIT_BAD_INPUT)
        elsewhere = getattr(stop.__context__, "exit_code", None)
        if elsewhere is not None:
            return max(worst, elsewhere)
        # Hydra ends with 1 when it cannot compose: for us that is bad input
        return EXIT_BAD_INPUT if code == 1 and worst == EXIT_DONE else max(worst, code)
    finally:
        sys.argv = before
    return worst


def _check_sweep_folder(overrides: Sequence[str]) -> None:
    """Refuse, before Hydra does so at length, a folder in which it cannot keep the records of several runs."""
    from pathlib import Path

    from ecosim.errors import InputError

    given = [word.lstrip("+").partition("=") for word in overrides]
    named = [value.strip("'\"") for key, _, value in given if key == "hydra.sweep.dir"]
    folder = Path(named[-1].partition("${")[0] if named else "multirun")
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    probe = folder / f".probe_{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise InputError(
            "hydra.sweep.dir", str(folder), problem=f"cannot be written ({error.strerror or error})",
            allowed="hydra.sweep.dir=FOLDER, where you may write",
        ) from None  # fmt: skip
    finally:
        for path in made:
            with contextlib.suppress(OSError):
                path.rmdir()


def _complete(arguments: list[str], commands: Sequence[str]) -> int:
    """Completion in a shell: commands and kinds are ours, overrides are Hydra's."""
    from ecosim.progress import answer

    given = _Arguments(arguments, ())
    if not any(word.startswith("query=") for word in given.overrides):
        return _hand_over(given, given.overrides, {})
    line = os.environ.get("COMP_LINE", "")
    words = line.split()
    unfinished = not line.endswith(" ")
    if len(words) < 2 or (len(words) == 2 and unfinished):
        answer(" ".join(commands))
    elif words[1] == "list":
        answer(" ".join(KINDS))
    elif words[1] in ("run", "sweep", "validate", "atlas"):
        # to Hydra the command is no word of the line
        rest = line.split(None, 2)[2:]
        os.environ["COMP_LINE"] = " ".join([words[0], *rest])
        return _hand_over(given, given.overrides, {})
    return EXIT_DONE


def _is_raw(flags: Sequence[str]) -> bool:
    return any(flag in ("--shell-completion", "-sc", "--hydra-help") for flag in flags)


def _list(words: list[str]) -> int:
    from ecosim.errors import InputError, nearest_name

    given = _Arguments(words, ("--plugin",))
    if given.hydra or not given.overrides:
        raise InputError("list", " ".join(words) or None, problem="needs one KIND", allowed=", ".join(KINDS))
    kind, *wanted = given.overrides
    if kind not in KINDS:
        raise InputError("list", kind, ", ".join(KINDS), nearest_name(kind, KINDS), problem="no such kind")
    from ecosim.lab.listing import listing
    from ecosim.progress import answer

    options = given.options
    answer("\n".join(listing(kind, options.get("--config-dir", []), options.get("--plugin", []), wanted)))
    return EXIT_DONE
