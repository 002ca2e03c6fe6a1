"""Spoil configurations in every way a person or a program might, and see that each is planned or refused in one line.

A mutant is one of the configurations that ship (an experiment with a few overrides, or its file) with one to three
things changed: a key misspelt, a value of another type, huge, negative, not a number, nested, in other letters, empty,
two values swapped, a line twice, or gone. It is made from a seed and a number alone, so a mutant that fails can be made
again. Each goes through the command line, in this process, as a dry run without the timed estimate; a small share is
truly run, at a tiny scale. What counts as a fault:

- an exception that reaches the top;
- bad input (exit code 2) that is not one line on the error stream;
- a plan that takes longer than :data:`MOST_SECONDS` of the processor (the clock would say how busy the machine is);
- a plan that was accepted, and a run of it that fails.

``python -m tools.mutate --count 15000`` from the root of the repository; ends with exit code 1 if there are faults.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import io
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from unittest import mock

import yaml

from ecosim.cli import EXIT_BAD_INPUT, EXIT_DONE, main
from ecosim.errors import shown
from ecosim.instruments import REGISTRY as INSTRUMENTS
from ecosim.lab.compose import GROUPS, compose_plain, conf_folder, make_request, options
from ecosim.lab.keys import all_keys
from ecosim.scenario import as_plain
from ecosim.shocks import REGISTRY as SHOCKS

#: A plan may take so many seconds of the processor, and a run so many.
MOST_SECONDS, MOST_RUN_SECONDS = 5.0, 60.0
#: Longest line that is still one line to a reader.
_LONGEST_LINE = 4000
#: Share of mutants that are run, not only planned.
RUN_SHARE = 0.01
#: What makes a run tiny; the words of the mutant come after these.
_TINY: tuple[str, ...] = (
    "world=classroom", "world.scale=0.01", "timeline.burn_in_months=6", "timeline.calm_months=2",
    "timeline.calm_jitter_months=1", "timeline.response_months=8",
)  # fmt: skip
#: Keys under which a run is no longer tiny, takes other machines, or writes elsewhere.
_NOT_RUN: tuple[str, ...] = (
    "world", "timeline", "runner", "output", "experiment.replicates", "experiment.points", "experiment.auto",
    "experiment.factors", "experiment.uncertainties", "experiment.seeds", "experiment=", "hydra",
    "behaviour.work.unfunded", "programme.applications", "behaviour.search.candidates",
)  # fmt: skip

_LETTERS = "abcdefghijklmnopqrstuvwxyz._-/@ Üß漢字é'\"=[]{}:,#&%$*!?\\~\t"
_SCALARS: tuple[str, ...] = (
    "0", "-1", "1", "2", "1e9", "1e308", "-1e308", "1e-300", "9223372036854775807", "9223372036854775808", "2147483647",
    "2147483648", "4294967296", "1e400", "0.5", "1.0", "-0.0", "nan", "-nan", "inf", "-inf", "null", "~", "true",
    "false",
    "no", "NO", "''", '""', "", "all", "none", "drawn", "observed", "auto", "assumed", "other_blocs", "XXX", "DEU",
    "ROW",
    "bloc:eu", "bloc:nowhere", "2014-13", "2014-01-01", "0000-00", "9999-12", "2014-²", "???", "'${seed}'",
    "'${oc.env:HOME}'", "1_000", "0x10", "1,5", "choice(1,2)", "range(1,9)", "naïve Ü 漢字 🎉", "'a b'", "../..",
    "/dev/null",
    "~nobody", "a" * 300, "9" * 400, "9" * 5000,
)  # fmt: skip
_LISTS: tuple[str, ...] = (
    "[]", "[0,0,0,0,0]", "[-1,-1]", "[nan]", "[null]", "[[]]", "[1,2]", "[2,1]", "[0,0]", "[1,99999999999]",
    "[DEU,DEU]",
    "[XXX]", "[all]", "[ROW]", "[DEU,FRA,ITA]", "[health]", "[helth]", "[true,false]", "[1,a]", "[-1,1,1,1,1]",
    "[a,[b,[c]]]",
    "{}", "{a: 1}", "{a: {b: {c: 1}}}", "{kind: supplier_loss}", "{kind: meteor}", "[{}]", "{'': 1}", "{1: 2}",
    "{null: 1}",
    "[" * 30 + "]" * 30, "[" * 2000 + "]" * 2000, "{a: " * 40 + "1" + "}" * 40, "[" * 50, "[" + "1," * 300 + "1]",
    "{range: [0,1]}", "{range: [1,0]}", "{values: []}", "{range: [0, 1e308], log: true}",
)  # fmt: skip
#: What an experiment varies, as people write it, and wrongly.
_VARIED: tuple[str, ...] = (
    "{}", "{programme.tranches: [2,3]}", "{programme.tranches: []}", "{programme.tranches: [2,2]}",
    "{delivered: {a: {}, b: {seed: 2}}}",
    "{regret: {a: {}, b: {seed: 2}}}", "{month: [1,2]}", "{shocks.supplier_loss.severity: [0,1]}",
    "{shocks.nothing.severity: [0,1]}",
    "{instruments.matchmaking.limit: [0,1]}", "{programme: [broad,narrow]}", "{programme: [brod]}",
    "{world: [classroom,europe]}",
    "{a: {b: {}}}", "{a: {}}", "{a: []}", "{a: 1}", "{a: {b: {programme.tranches: 99}}}", "{'': {a: {}, b: {seed: 2}}}",
    "{seed: [1,2,3]}", "{seed: [-1]}", "{programme.tranches: {range: [1,5]}}", "{behaviour.trust.gain: [0.1,0.4]}",
    "{behaviour.search: assumed}", "{behaviour: assumed, channels: assumed}",
    "{behaviour.trust.gain: {range: [0,1], log: true}}",
    "{plan: {as today: {}, spread wide: {programme.countries_per_consortium: [8,11]}}}",
    "{a: {b: {shocks: [supplier_loss]}}}",
    "{" + ", ".join(f"f{k}: {{a: {{}}, b: {{seed: {k + 2}}}, c: {{replicate: {k + 2}}}}}" for k in range(16)) + "}",
    "{behaviour.search.coordinator_propensity: [[0,0,0,0,0],[1,1,1,1,1]]}", "{policy.start: [2014-01, soon]}",
)  # fmt: skip
_FILES: tuple[str, ...] = (
    "missing.csv",
    ".",
    "/dev/null",
    "a" * 300 + ".csv",
    "x/" * 3000,
    "points.csv",
    "'a,b.csv'",
    "~/none.csv",
)


@dataclass(frozen=True)
class Mutant:
    """One spoilt configuration."""

    number: int
    command: str
    words: tuple[str, ...]
    #: Files beside it: name -> content.
    files: dict[str, bytes] = field(default_factory=dict)
    #: Whether it is run, not only planned.
    run: bool = False

    def text(self) -> str:
        """As one would type it."""
        shown = [word if len(word) < 120 else f"{word[:100]}...({len(word)})" for word in self.words]
        return f"#{self.number} {'run' if self.run else 'plan'}: ecosim {self.command} {shown}"


@dataclass(frozen=True)
class Fault:
    """What went wrong with a mutant."""

    mutant: str
    problem: str
    seconds: float


# ---------------------------------------------------------------------------------------------- making mutants


@lru_cache(maxsize=1)
def _experiments() -> tuple[str, ...]:
    return tuple(options("experiment"))


@lru_cache(maxsize=1)
def _keys() -> tuple[str, ...]:
    return tuple(all_keys())


@lru_cache(maxsize=1)
def _saved() -> dict[str, Any]:
    """A scenario as one is saved, with two shocks and an instrument."""
    words = ["world=classroom", "shocks=[supplier_loss,diplomatic_rupture]", "instruments=[matchmaking]"]
    return as_plain(make_request(compose_plain(words)).scenario)


def mutant(seed: int, number: int, *, run_share: float = RUN_SHARE) -> Mutant:
    """The mutant of this number: a function of seed and number alone."""
    pick = random.Random(f"{seed}:{number}")
    run = pick.random() < run_share
    if run:
        return _runs(pick, number)
    kind = pick.choices(("words", "file", "saved", "text", "other"), (55, 18, 12, 9, 6))[0]
    if kind == "words":
        return Mutant(number, *_of_words(pick))
    if kind == "other":
        return Mutant(number, *_of_others(pick))
    if kind == "saved":
        tree = copy.deepcopy(_saved())
        for _ in range(_some(pick)):
            _spoil(pick, tree)
        return Mutant(number, "run", ("--from", "saved.yaml"), {"saved.yaml": _dumped(tree)})
    name = pick.choice([name for name in _experiments() if name != "none"])
    path = conf_folder() / "experiment" / f"{name}.yaml"
    content = path.read_bytes()
    if kind == "file":
        tree = yaml.safe_load(content)
        for _ in range(_some(pick)):
            _spoil(pick, tree)
        content = b"# @package _global_\n# A mutant.\n" + _dumped(tree)
    else:
        content = _spoilt_text(pick, content)
    return Mutant(
        number, "sweep", ("--config-dir", "mine", "experiment=mutant"), {"mine/experiment/mutant.yaml": content}
    )


def _some(pick: random.Random) -> int:
    """How many things are changed: mostly one, for a mutant with several seldom gets past the first."""
    return pick.choices((1, 2, 3), (6, 3, 1))[0]


def _dumped(tree: Any) -> bytes:
    try:
        return yaml.safe_dump(tree, allow_unicode=True, sort_keys=False).encode("utf-8", "surrogatepass")
    except (RecursionError, yaml.YAMLError):
        return b"{}"


def _of_words(pick: random.Random) -> tuple[str, tuple[str, ...]]:
    """An experiment, or a scenario, with overrides."""
    command = pick.choice(("run", "sweep", "sweep"))
    shocks = pick.sample(sorted(SHOCKS), pick.randint(0, 2))
    instruments = pick.sample(sorted(INSTRUMENTS), pick.randint(0, 1))
    words = [f"experiment={pick.choice(_experiments()) if command == 'sweep' else 'none'}"]
    if pick.random() < 0.6:
        words = ["experiment=none", "world=classroom", f"shocks=[{','.join(shocks)}]",
                 f"instruments=[{','.join(instruments)}]"]  # fmt: skip
    for _ in range(_some(pick)):
        words.append(
            _word(pick, (*(f"shocks.{name}" for name in shocks), *(f"instruments.{name}" for name in instruments)))
        )
    if pick.random() < 0.1:
        words.append(pick.choice(words))
    if pick.random() < 0.1:
        words.pop(pick.randrange(len(words)))
    if pick.random() < 0.1:
        pick.shuffle(words)
    return command, tuple(word for word in words if not word.startswith("-"))


def _word(pick: random.Random, chosen: tuple[str, ...]) -> str:
    """One override."""
    roll = pick.random()
    if roll < 0.18:
        section = pick.choice(("experiment.factors", "experiment.uncertainties"))
        return f"{section}={pick.choice(_VARIED)}"
    if roll < 0.3:
        name = pick.choice(("design", "points", "levers", "replicates", "branches", "reference", "contrasts", "hold",
            "break_even",
                            "break_even_pairs", "smallest_effect", "name", "seeds_per_draw", "morris_levels",
                            "draw_parameters"))  # fmt: skip
        value = pick.choice(("grid", "latin_hypercube", "sobol_sequence", "morris", "saltelli", "csv",
            "one_at_a_time", "8", "64",
                             "sampled", "true", "4096", *_FILES)) if pick.random() < 0.6 else _value(pick)  # fmt: skip
        return f"experiment.{name}={value}"
    if roll < 0.4:
        return f"{pick.choice(GROUPS)}={_value(pick)}"
    mine = [key for key in _keys() if key.startswith(chosen)] if chosen and pick.random() < 0.5 else list(_keys())
    key = pick.choice(mine or list(_keys()))
    if pick.random() < 0.12:
        key = _misspelt(pick, key)
    value = _mild(pick, key) if pick.random() < 0.4 else _value(pick)
    return f"{pick.choice(('', '', '', '', '', '+', '++', '~'))}{key}={value}"


def _mild(pick: random.Random, key: str) -> str:
    """A value that the key may well take, so that what comes after the first check is met too."""
    known = all_keys().get(key)
    if known is None:
        return _value(pick)
    default = known.default
    if isinstance(default, bool):
        return str(not default).lower()
    if isinstance(default, (int, float)):
        low, high = known.range or (0.5 * default, 2.0 * default + 1.0)
        number = pick.choice((low, high, default, 0, 1, pick.uniform(low, high)))
        return str(round(number)) if isinstance(default, int) else repr(float(number))
    words = [word.strip() for word in known.allowed.replace(" or ", ", ").split(", ") if word.strip().isidentifier()]
    return pick.choice([*words, "null", shown(default)])


def _value(pick: random.Random) -> str:
    roll = pick.random()
    if roll < 0.5:
        return pick.choice(_SCALARS)
    if roll < 0.8:
        return pick.choice(_LISTS)
    if roll < 0.9:
        return repr(pick.choice((1, -1)) * 10.0 ** pick.randint(-20, 20) * pick.random())
    return "".join(pick.choice(_LETTERS) for _ in range(pick.randint(1, 12)))


def _misspelt(pick: random.Random, name: str) -> str:
    place = pick.randrange(len(name))
    return pick.choice((
        name[:place] + name[place + 1 :], name[:place] + pick.choice(_LETTERS) + name[place:],
        name[:place] + pick.choice(_LETTERS) + name[place + 1 :], name.upper(), name.rpartition(".")[2],
            f"{name}.{name}",
        name.replace("_", "-"), name + "s",
    ))  # fmt: skip


def _of_others(pick: random.Random) -> tuple[str, tuple[str, ...], dict[str, bytes]]:
    """Other commands that plan, and files and folders under hard names."""
    value = pick.choice((*_SCALARS, *_LISTS, *_FILES))
    roll = pick.randrange(6)
    if roll == 0:
        # a folder, or a table, of any name
        key = pick.choice(
            ("output.folder", "world.participations", "experiment.points", "runner.address", "runner.walltime")
        )
        return pick.choice(("run", "sweep")), ("experiment=none", "world=classroom", f"{key}={value}"), {}
    if roll == 1:
        flag = pick.choice(("--from", "--config-dir", "--plugin"))
        return "run", ("world=classroom", flag, pick.choice(_FILES)), {}
    if roll == 2:
        rows = "\n".join(",".join(pick.choice(("0.2", "3", "x", "", "nan", "1e9")) for _ in range(2)) for _ in range(3))
        names = pick.choice(
            (
                "programme.prefinancing,programme.tranches",
                "behaviour.trust.gain,seed",
                "a,b",
                "seed,seed",
                "delivered,seed",
            )
        )
        words = (
            "experiment=none",
            "world=classroom",
            "shocks=[supplier_loss]",
            "experiment.design=csv",
            "experiment.points=points.csv",
        )
        return "sweep", words, {"points.csv": f"{names}\n{rows}\n".encode()}
    if roll == 3:
        return "sweep", ("experiment=none", "world=classroom", "shocks=[supplier_loss]", f"focus={value}"), {}
    if roll == 4:
        name = "".join(pick.choice(_LETTERS) for _ in range(pick.randint(1, 8)))
        kind = pick.choice(("supplier_loss", "meteor", "''"))
        return (
            "run",
            ("world=classroom", f"+shocks.{name}={{kind: {kind}, severity: {pick.choice(_SCALARS[:12])}}}"),
            {},
        )
    saved = pick.choice((b"a: &a [*a]\n", b"a: &a {b: *a}\nworld: *a\n", b"\xff\xfe\x00w",
        b"world: {scale: !!python/object:os.system x}\n",
                         b"[" * 5000, b"world:\n\tscale: 1\n", b"a: &a [1,1]\n" + b"".join(
                             b"%c: &%c [%s]\n" % (98 + k, 98 + k,
                             b",".join([b"*%c" % (97 + k)] * 9)) for k in range(9)),
                         b"seed: " + b"9" * 5000 + b"\n", b"shocks: {? [a, b] : 1}\n", b"", b"\n", b"null\n",
                         b"- 1\n", b"seed: 2014-01-01\n"))  # fmt: skip
    return "run", ("--from", "saved.yaml"), {"saved.yaml": saved}


def _runs(pick: random.Random, number: int) -> Mutant:
    """A mutant that is run if it is accepted: the scenario itself is spoilt, not its size."""
    shocks = pick.sample(sorted(SHOCKS), pick.randint(1, 2))
    instruments = pick.sample(sorted(INSTRUMENTS), pick.randint(0, 1))
    chosen = (*(f"shocks.{name}" for name in shocks), *(f"instruments.{name}" for name in instruments))
    words = [f"shocks=[{','.join(shocks)}]", f"instruments=[{','.join(instruments)}]"]
    wanted = pick.randint(1, 3)
    while wanted:
        word = _word(pick, chosen)
        if not word.lstrip("+~").startswith(_NOT_RUN) and word[0] != "-" and "=" in word:
            words.append(word)
            wanted -= 1
    return Mutant(number, "run", (*_TINY, *words, "output.figures=false"), run=True)


def _nodes(tree: Any) -> Iterator[tuple[Any, Any]]:
    """Every place of a tree: what holds it, and its key."""
    stack = [tree]
    while stack:
        inside = stack.pop()
        keys: Iterable[Any] = list(inside) if isinstance(inside, dict) else range(len(inside))
        for key in keys:
            yield inside, key
            if isinstance(inside[key], (dict, list)):
                stack.append(inside[key])


def _spoil(pick: random.Random, tree: Any) -> None:
    """Change one place of a tree, in place."""
    places = list(_nodes(tree))
    if not places:
        return
    holder, key = pick.choice(places)
    roll = pick.randrange(8)
    if roll == 0:
        del holder[key]
    elif roll == 1 and isinstance(holder, dict):
        holder[_misspelt(pick, str(key) or "x")] = holder.pop(key)
    elif roll == 2:
        other, place = pick.choice(places)
        with contextlib.suppress(KeyError, IndexError):
            if not isinstance(holder[key], (dict, list)) and not isinstance(other[place], (dict, list)):
                holder[key], other[place] = other[place], holder[key]
    elif roll == 3:
        for _ in range(pick.choice((1, 3, 12, 25, 60))):
            holder[key] = [holder[key]] if pick.random() < 0.5 else {"a": holder[key]}
    elif roll == 4:
        holder[key] = pick.choice(([], {}, None, "", 0, False, [[]], [None], {"": None}))
    else:
        text = _value(pick)
        with contextlib.suppress(yaml.YAMLError, ValueError, RecursionError):
            loaded = yaml.safe_load(text)
            holder[key] = loaded if roll < 7 else text


def _spoilt_text(pick: random.Random, content: bytes) -> bytes:
    """Change the text of a file: lines gone, twice, moved, cut; bytes that are no letters."""
    lines = content.split(b"\n")
    for _ in range(_some(pick)):
        place = pick.randrange(len(lines))
        roll = pick.randrange(7)
        if roll == 0 and len(lines) > 1:
            lines.pop(place)
        elif roll == 1:
            lines.insert(place, lines[place])
        elif roll == 2:
            lines[place] = b" " * pick.randint(1, 3) + lines[place]
        elif roll == 3:
            lines = lines[: place + 1]
        elif roll == 4:
            lines[place] = lines[place][: pick.randint(0, 20)] + pick.choice(
                (b"\t", b"\xff", b"\0", b": ", b"[", b"'", b"*x", b"${seed}", b"- ")
            )
        elif roll == 5:
            other = pick.randrange(len(lines))
            lines[place], lines[other] = lines[other], lines[place]
        else:
            lines[place] = lines[place].replace(b":", pick.choice((b"", b"=", b"::")), 1)
    return b"\n".join(lines)


# ---------------------------------------------------------------------------------------------- trying them


class _TooLongError(BaseException):
    """Time is up; not an Exception, so that nothing on the way takes it for one of its own."""


@contextlib.contextmanager
def _within(seconds: float) -> Iterator[None]:
    """End what takes longer of the processor, where the system can; how busy the machine is does not count."""

    def ring(number: int, frame: Any) -> None:
        raise _TooLongError

    try:
        before = signal.signal(signal.SIGPROF, ring)
    except (AttributeError, ValueError):
        # no such signal here, or not the main thread
        yield
        return
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        signal.signal(signal.SIGPROF, before)


@contextlib.contextmanager
def _elsewhere() -> Iterator[Path]:
    """A folder of its own to work in."""
    before = Path.cwd()
    folder = Path(tempfile.mkdtemp(prefix="mutant_"))
    os.chdir(folder)
    try:
        yield folder
    finally:
        os.chdir(before)
        shutil.rmtree(folder, ignore_errors=True)


def attempt(one: Mutant) -> tuple[int | None, list[Fault]]:
    """Plan a mutant, or run it; its exit code, and what is wrong with the answer."""
    out, err = io.StringIO(), io.StringIO()
    limit = MOST_RUN_SECONDS if one.run else 4 * MOST_SECONDS
    words = [one.command, *one.words, *([] if one.run else ["++runner.dry_run=true"])]
    code: int | None = None
    problem = ""
    with _elsewhere() as folder, contextlib.ExitStack() as stack:
        for name, content in one.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        if not one.run:
            # the estimate truly simulates; what it is asked for has been checked by then
            stack.enter_context(mock.patch("ecosim.lab.api.probe", return_value=None))
            stack.enter_context(mock.patch("ecosim.lab.api.warm_kernels", return_value=None))
        stack.enter_context(contextlib.redirect_stdout(out))
        stack.enter_context(contextlib.redirect_stderr(err))
        started = time.process_time()
        try:
            with _within(limit):
                code = main(words)
        except _TooLongError:
            problem = f"was ended after {limit:g} s"
        except BaseException as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            problem = f"{type(error).__name__}: {str(error)[:200]} ({Path(where.filename).name}:{where.lineno})"
        seconds = time.process_time() - started
    problems = [problem] if problem else _judged(one, code, out.getvalue(), err.getvalue(), seconds)
    return code, [Fault(one.text(), text, round(seconds, 2)) for text in problems]


def _judged(one: Mutant, code: int | None, out: str, err: str, seconds: float) -> list[str]:
    """What is wrong with an answer."""
    lines = err.splitlines()
    found = []
    if "Traceback" in out + err:
        found.append("shows a traceback")
    if code == EXIT_BAD_INPUT and (len(lines) != 1 or not err.startswith("ecosim: ") or len(err) > _LONGEST_LINE):
        if not one.run or "failed" not in err:
            found.append(f"answers in {len(lines)} lines, {len(err)} letters: {err[:300]!r}")
    elif code not in (EXIT_DONE, EXIT_BAD_INPUT):
        found.append(f"exit code {code}: {err[-300:]!r}")
    if not one.run and seconds > MOST_SECONDS:
        found.append(f"takes {seconds:.1f} s")
    return found


def try_range(seed: int, first: int, count: int, run_share: float = RUN_SHARE) -> tuple[Counter[str], list[Fault]]:
    """Try some mutants; how they ended, and the faults."""
    ends: Counter[str] = Counter()
    faults: list[Fault] = []
    for number in range(first, first + count):
        one = mutant(seed, number, run_share=run_share)
        code, wrong = attempt(one)
        end = {EXIT_DONE: "run" if one.run else "planned", EXIT_BAD_INPUT: "refused"}.get(code, "ended otherwise")  # type: ignore[call-overload]
        ends[end] += 1
        faults += wrong
    return ends, faults


def _limit_memory(gib: float) -> None:
    """Let no mutant take the memory of the machine."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (int(gib * 1024**3), hard))


def _share(task: tuple[int, int, int, float]) -> tuple[Counter[str], list[Fault]]:
    return try_range(*task)


def run(seed: int, count: int, *, first: int = 0, processes: int = 1, run_share: float = RUN_SHARE,
        say: Callable[[str], None] = print) -> list[Fault]:  # fmt: skip
    """Try so many mutants and report; returns the faults."""
    started = time.perf_counter()
    size = 100
    tasks = [(seed, k, min(size, first + count - k), run_share) for k in range(first, first + count, size)]
    ends: Counter[str] = Counter()
    faults: list[Fault] = []
    done = 0

    def take(task: tuple[int, int, int, float], found: tuple[Counter[str], list[Fault]]) -> None:
        nonlocal done
        ends.update(found[0])
        faults.extend(found[1])
        done += task[2]
        for fault in found[1]:
            say(
                json.dumps(
                    {"mutant": fault.mutant, "problem": fault.problem, "seconds": fault.seconds}, ensure_ascii=False
                )
            )
        if done % 1000 < size or done == count:
            say(f"{done} of {count}, {len(faults)} faults, {time.perf_counter() - started:.0f} s")

    if processes > 1:
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            for task, found in zip(tasks, pool.map(_share, tasks), strict=True):
                take(task, found)
    else:
        for task in tasks:
            take(task, _share(task))
    said = ", ".join(f"{number} {end}" for end, number in sorted(ends.items()))
    say(f"{count} mutants of seed {seed} in {time.perf_counter() - started:.0f} s: {said}; {len(faults)} faults")
    return faults


def _command_line() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])  # type: ignore[union-attr]
    parser.add_argument("--count", type=int, default=1000, help="how many mutants")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the first one")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--run-share", type=float, default=RUN_SHARE, help="share that is run, not only planned")
    parser.add_argument("--memory-gib", type=float, default=12.0, help="most memory of a process")
    given = parser.parse_args()
    _limit_memory(given.memory_gib)

    def say(text: str) -> None:
        print(text, flush=True)

    faults = run(
        given.seed, given.count, first=given.first, processes=given.processes, run_share=given.run_share, say=say
    )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(_command_line())
