"""What is done with scenarios: the typed sections `experiment`, `runner` and `output` beside the scenario itself."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from typing import Any, Literal

from pydantic import field_validator, model_validator

from ecosim.analysis.smallest import LEAST_EFFECT
from ecosim.config.schema import Section, parameter


class AutoConfig(Section):
    """When `experiment.replicates=auto` has replicates enough."""

    outcome: str = parameter(
        "delivered_output", "Measure whose intervals are to be narrow: of every primary contrast, or of every policy "
        "when nothing is contrasted.",
    )  # fmt: skip
    half_width: float = parameter(
        0.01, "Largest half-width of a 95 % interval (0.01 is one point for a share).", bounds=(1e-9, 1e9)
    )
    least: int = parameter(20, "Replicates before the first look.", bounds=(5, 100_000))
    batch: int = parameter(20, "Replicates between two looks.", bounds=(1, 100_000))
    most: int = parameter(200, "Replicates after which it ends, narrow or not.", bounds=(5, 100_000))


#: Whose histories get a placebo.
Placebos = Literal["reference", "all", "none"]


class PlaceboConfig(Section):
    """Which histories get a placebo beside their twin: one costs as much as a shock."""

    organisation: Placebos = parameter(
        "reference", "Policies that get the yardstick of noise: the same world in which one organisation with a usual "
        "number of partners is lost. The others are set beside the reference policy's.",
    )  # fmt: skip
    scattered: Placebos = parameter(
        "none", "Policies that get, under each shock that hits countries, the same shock on several small countries "
        "that together expose as much: the difference is that the loss falls on one place.",
    )  # fmt: skip


#: What the screen of an experiment tells (:mod:`ecosim.report.answers`).
Answers = Literal["levers", "calm_and_crisis", "ranking", "doses", "weighing"]
#: How points are laid over what an experiment varies.
DesignKind = Literal["grid", "one_at_a_time", "latin_hypercube", "sobol_sequence", "morris", "saltelli", "csv"]
_MOST_REPLICATES = 100_000
#: Longest name of an experiment, in bytes: file systems take 255, some of them 143.
_LONGEST_FOLDER = 120


class ExperimentConfig(Section):
    """Which policies meet which shocks, how often."""

    name: str = parameter("run", "Name of the experiment; also of its folder in the results.")
    question: str = parameter("", "What the experiment asks.")
    answer: Answers = parameter(
        "levers", "What its screen tells: what each lever does under each shock; the same with calm times beside them; "
        "which places come first, with what chance; up to which dose of money each instrument pays; or which policies "
        "are beaten in all objectives at once.",
    )  # fmt: skip
    replicates: int | Literal["auto"] = parameter(
        1, "Histories per policy (and point), with common random numbers across them; auto adds them in batches until "
        "intervals are as narrow as experiment.auto asks.",
    )  # fmt: skip
    auto: AutoConfig = AutoConfig()
    factors: dict[str, Any] = parameter(
        {}, "Levers: factor -> level -> {dotted key: value}, or dotted key or option group -> [values]; every "
        "combination is one policy.",
    )  # fmt: skip
    uncertainties: dict[str, Any] = parameter(
        {}, "What nobody chooses: dotted key -> [low, high], {range: [low, high], log: true}, {values: [...]} or "
        "assumed (the range of its declaration, for all keys that begin so); or name -> level -> {dotted key: value}.",
    )  # fmt: skip
    design: DesignKind = parameter(
        "grid", "How points are laid over the uncertainties (over the levers, when there are none or they are sampled)."
    )
    points: int | str | None = parameter(
        None, "Points of latin_hypercube and sobol_sequence, trajectories of morris, base points of saltelli, values "
        "of each range of grid and one_at_a_time; with design=csv the file, a column per dotted key or factor.",
    )  # fmt: skip
    levers: Literal["crossed", "sampled"] = parameter(
        "crossed", "Whether every policy meets every point, or levers are laid out together with the uncertainties."
    )
    morris_levels: int = parameter(4, "Values per input a morris design steps between; an even number.", bounds=(2, 64))
    second_order: bool = parameter(
        False, "Whether a saltelli design of k inputs also tells second-order indices: 2 k + 2 points per base point "
        "rather than k + 2.",
    )  # fmt: skip
    equal_budget: bool = parameter(
        False,
        "Refuse policies that differ in public money, summed over all public funders; else the plan and the "
        "answer say so.",
    )
    reference: dict[str, str] = parameter({}, "Factor -> level of the policy the others are compared with.")
    branches: dict[str, tuple[str, ...]] | None = parameter(
        None, "Label -> shocks that act together; null for one branch per shock of the scenario."
    )
    draw_parameters: bool = parameter(
        False, "Draw every assumed parameter from its range, once per replicate, shared by policies and shocks (a "
        "Latin hypercube over the draws of a batch); what an option, an override or a factor sets is not drawn over.",
    )  # fmt: skip
    seeds_per_draw: int = parameter(
        1, "Replicates that share a draw of the parameters; with 2 or more, variance splits into seeds and parameters.",
        bounds=(1, 1000),
    )  # fmt: skip
    hold: tuple[str, ...] = parameter((), "Dotted keys, or their beginnings, that are not drawn.")
    placebos: PlaceboConfig = PlaceboConfig()
    contrasts: dict[str, Any] = parameter(
        {}, "Label -> {factor, level, against, measures, where}: the comparisons declared beforehand, each under every "
        "branch; none for every level of each factor against its first.",
    )  # fmt: skip
    objectives: tuple[str, ...] = parameter(
        (), "Measures on which policies are weighed all at once: which is beaten in all of them, and how often chance "
        "alone would say so. Where something is given in steps the first is what is given up for the others.",
    )  # fmt: skip
    smallest_effect: float | dict[str, Any] = parameter(
        LEAST_EFFECT, "Smallest effect of interest, a share (0.0025 is a quarter point): one number, or branch -> "
        "number, or branch -> {measure: number}, in days or months where the measure is (else a quarter of one); from "
        "a reference run with tools/smallest_effect.py.",
    )  # fmt: skip
    break_even: tuple[str, ...] = parameter(
        (), "Drawn parameters (or factors with numbers for levels) for which the answer says where a contrast turns."
    )
    break_even_pairs: tuple[tuple[str, str], ...] = parameter(
        (), "Pairs of drawn parameters for which a map says where a contrast surely helps, surely hurts, or is open."
    )

    @model_validator(mode="before")
    @classmethod
    def _norway_is_a_name(cls, data: Any) -> Any:
        """Levels that YAML reads as truth values, by their names again: Norway's ``NO`` is false to it."""
        if not isinstance(data, Mapping):
            return data
        plain = dict(data)
        for section in ("factors", "uncertainties"):
            if isinstance(data.get(section), Mapping):
                plain[section] = {name: _norway_named(content) for name, content in data[section].items()}
        if isinstance(data.get("branches"), Mapping):
            plain["branches"] = _norway_named(data["branches"])
        factors = plain.get("factors")

        def named(factor: Any, level: Any) -> Any:
            content = factors.get(factor) if isinstance(factors, Mapping) else None
            if level is False and isinstance(content, Mapping) and "NO" in content:
                return "NO"
            return str(level).lower() if isinstance(level, bool) else level

        if isinstance(data.get("reference"), Mapping):
            plain["reference"] = {factor: named(factor, level) for factor, level in data["reference"].items()}
        if isinstance(data.get("contrasts"), Mapping):
            plain["contrasts"] = {label: _contrast(content, named) for label, content in data["contrasts"].items()}
        return plain

    @field_validator("name")
    @classmethod
    def _name_is_a_folder(cls, value: str) -> str:
        if not value or not value.replace("_", "").replace("-", "").isalnum() or value[0] in "-_":
            raise ValueError("must be letters, digits, '-' and '_' (it names a folder)")
        if len(value.encode()) > _LONGEST_FOLDER:
            raise ValueError(f"is too long for a folder; allowed: at most {_LONGEST_FOLDER} letters (bytes of UTF-8)")
        return value

    @field_validator("replicates")
    @classmethod
    def _some_replicates(cls, value: int | str) -> int | str:
        if isinstance(value, int) and not 1 <= value <= _MOST_REPLICATES:
            raise ValueError(f"out of range; allowed: a whole number from 1 to {_MOST_REPLICATES}, or auto")
        return value

    @field_validator("morris_levels")
    @classmethod
    def _even(cls, value: int) -> int:
        if value % 2:
            raise ValueError("must be even: only then is every step of the design equally likely up and down")
        return value


def _norway_named(content: Any) -> Any:
    """Content whose labels are text, also where YAML read one as false."""
    if not isinstance(content, Mapping):
        return content
    return {"NO" if label is False else label: inside for label, inside in content.items()}


def _contrast(content: Any, named: Callable[[Any, Any], Any]) -> Any:
    """A declared comparison whose levels have names."""
    if not isinstance(content, Mapping):
        return content
    plain = dict(content)
    for place in ("level", "against"):
        if isinstance(plain.get(place), bool):
            plain[place] = named(plain.get("factor"), plain[place])
    if isinstance(plain.get("where"), Mapping):
        plain["where"] = {factor: named(factor, level) for factor, level in plain["where"].items()}
    return plain


#: Settings that only jobs of a SLURM queue have, and how a time is written there.
_OF_SLURM = ("jobs", "queue", "account", "walltime", "directives", "prologue")
_WALLTIME = re.compile(r"[0-9]{1,6}(:[0-9]{2}){0,2}|[0-9]{1,4}-[0-9]{1,2}(:[0-9]{2}){0,2}")


class RunnerConfig(Section):
    """How the work is carried out."""

    kind: Literal["local", "dask", "slurm"] = parameter(
        "local", "Processes of this computer; a Dask cluster; or jobs of a SLURM queue."
    )
    processes: int | None = parameter(
        None, "Worker processes (of each job on SLURM); null for one per processor, 0 for none (in this process).",
        bounds=(0, 1024),
    )  # fmt: skip
    timeout_seconds: float | None = parameter(
        None, "A history that takes longer is ended and recorded as failed; null for no limit.", unit="seconds",
        bounds=(0.1, 1e7),
    )  # fmt: skip
    memory_gib: float | None = parameter(
        None, "Memory a worker may take beyond what it starts with; a history that needs more is recorded as failed. "
        "Null for no limit; on SLURM also the memory asked for.", unit="GiB", bounds=(0.1, 1e5),
    )  # fmt: skip
    batch_seconds: float = parameter(
        2.0, "Histories that take less go to a worker, and into the store, in batches of about this long.",
        unit="seconds", bounds=(0.0, 3600.0),
    )  # fmt: skip
    address: str | None = parameter(
        None, "Scheduler of a running Dask cluster (tcp://host:port); null for one started on this computer."
    )
    jobs: int = parameter(1, "Jobs in the SLURM queue.", bounds=(1, 10_000))
    queue: str | None = parameter(None, "SLURM partition.")
    account: str | None = parameter(None, "SLURM account.")
    walltime: str = parameter("01:00:00", "Longest time a SLURM job may take.")
    directives: tuple[str, ...] = parameter((), "Further #SBATCH lines, such as '--constraint=cpu'.")
    prologue: tuple[str, ...] = parameter((), "Shell lines at the start of a SLURM job, such as 'module load python'.")
    retry_failed: bool = parameter(False, "Run histories that failed before once more.")
    dry_run: bool = parameter(False, "Print the plan and stop.")

    @field_validator("walltime")
    @classmethod
    def _walltime_is_a_time(cls, value: str) -> str:
        if not _WALLTIME.fullmatch(value):
            raise ValueError("is no time SLURM takes; allowed: HH:MM:SS, minutes, D-HH:MM:SS")
        return value

    @field_validator("directives", "prologue", "queue", "account", "address")
    @classmethod
    def _one_line_each(cls, value: Any) -> Any:
        for text in (value,) if isinstance(value, str) else value or ():
            if not text.strip() or not text.replace("\t", " ").isprintable():
                raise ValueError("is empty or more than one line; allowed: text in one line")
        return value

    @model_validator(mode="after")
    def _settings_of_what_is_chosen(self) -> RunnerConfig:
        for name in _OF_SLURM if self.kind != "slurm" else ():
            if getattr(self, name) != type(self).model_fields[name].default:
                raise ValueError(f"{name} says nothing with runner={self.kind}; allowed: only with runner=slurm")
        if self.address is not None and self.kind != "dask":
            raise ValueError(f"address says nothing with runner={self.kind}; allowed: only with runner=dask")
        return self


class OutputConfig(Section):
    """What is written, and where."""

    folder: str = parameter("results", "Root folder of the results.")
    series: Literal["all", "quantiles", "none"] = parameter(
        "all", "Monthly outcomes of every run, their quantiles over replicates, or none."
    )
    countries: Literal["all", "means", "none"] = parameter(
        "all", "Monthly collaboration, output, work and effort by country from announcement on: of every run, their "
        "means over replicates, or none.",
    )  # fmt: skip
    figures: bool = parameter(True, "Draw figures when the sweep is complete.")
    network: tuple[str, ...] = parameter(
        (), "Months (YYYY-MM) of which a run writes who worked with whom, in every arm: networks/MONTH_ARM.graphml."
    )
    network_format: Literal["graphml", "gexf"] = parameter("graphml", "Format of these networks.")
    cordis: bool = parameter(
        False, "Write the consortia of a run also as CORDIS does: cordis/organization.csv with cordis/project.csv."
    )

    @field_validator("network", mode="before")
    @classmethod
    def _one_month_is_a_list(cls, value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return tuple(str(item) for item in value)
        one = isinstance(value, (str, int, datetime.date)) and not isinstance(value, bool)
        return (str(value),) if one else value
