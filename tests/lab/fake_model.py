"""A model with the interface the lab uses and nothing inside: quick, exact, and able to fail on demand.

Loaded as a plugin, so that worker processes use it too. ``ECOSIM_FAKE`` makes a history raise (``raise:H-R``), a
branch raise (``branch:H-R``; H is the number of the policy's tranches), hang (``hang:H-R``), die (``die:H-R``) or eat
memory until there is none (``eat:H-R``). With ``fall:H-R`` the process that comes to this history first kills itself,
and leaves its number in the file ``ECOSIM_FAKE_FALLEN``; the next goes on. ``ECOSIM_FAKE_SECONDS`` makes every history
take so long.
"""

import contextlib
import os
import signal
import sys
import time
import types
from pathlib import Path

import numpy as np
import pandas as pd

from ecosim.lab import api


class Ecosystem:
    def __init__(self, config, *, rng=None, watch=None, **overrides):
        self.config = config
        self.month = 0
        self.watch = watch or {name: (name,) for name in config.shocks}
        self.setting = types.SimpleNamespace(world=types.SimpleNamespace(countries=("DEU", "POL")))
        self.announcement_month = config.calendar.burn_in_months + config.timeline.calm_months + config.replicate % 3
        self.observation_end_month = self.announcement_month + config.timeline.response_months
        self.arm, self.shocks = "history", ()
        self._maybe("raise")

    def _maybe(self, trouble):
        wanted = os.environ.get("ECOSIM_FAKE", "")
        me = f"{self.config.programme.tranches}-{self.config.replicate}"
        if f"{trouble}:{me}" not in wanted.split(","):
            return
        if trouble == "eat":
            hoard = []
            while True:
                hoard.append(np.ones(1 << 24))
        if trouble == "hang":
            time.sleep(600)
        if trouble == "die":
            os._exit(9)
        if trouble == "fall":
            # only who makes the file was the first
            with contextlib.suppress(FileExistsError), Path(os.environ["ECOSIM_FAKE_FALLEN"]).open("x") as file:
                file.write(str(os.getpid()))
                file.flush()
                os.kill(os.getpid(), signal.SIGKILL)
            return
        raise RuntimeError(f"trouble in\n{me}")

    def advance(self, to_month):
        self.month = to_month

    def step(self):
        self.month += 1

    def fork(self, arm, shocks=None):
        if arm == "twin":
            time.sleep(float(os.environ.get("ECOSIM_FAKE_SECONDS", "0")))
        self._maybe("hang")
        self._maybe("die")
        self._maybe("fall")
        self._maybe("eat")
        twin = object.__new__(Ecosystem)
        twin.__dict__ = dict(self.__dict__)
        twin.arm = arm
        twin.shocks = tuple(self.config.shocks if shocks is None else shocks) if arm in ("shocked", "scattered") else ()
        if arm == "shocked":
            twin._maybe("branch")
        return twin

    def series(self):
        months = np.arange(self.month)
        noise = np.random.default_rng([self.config.seed, self.config.replicate]).normal(0, 2, len(months))
        broad = self.config.programme.countries_per_consortium == (8, 11)
        effort = 100.0 + noise - 5.0 * broad + self.config.programme.tranches
        since = months - self.announcement_month
        for _ in self.shocks:
            depth = (0.2 if broad else 0.4) * (0.5 if self.arm == "scattered" else 1.0)
            effort = np.where(since >= 0, effort * (1 - depth * 0.5 ** (since / 12)), effort)
        if self.arm == "placebo":
            effort = np.where(since >= 0, effort * 0.99, effort)
        out = {"collaboration": effort, "output": 1.5 * effort, "work": 2.0 * effort, "effort": effort}
        out["partnerships_active"] = effort / 5.0
        # seats follow the lean of evaluation, what hangs on one country the countries in a consortium
        most = (self.config.programme.countries_per_consortium or (4, 4))[1]
        out["peripheral_members"] = 0.001 * effort + 0.01 * self.config.programme.portfolio_evenness
        out["knowledge_dependence"] = 0.0 * effort + 1.0 / (1.0 + most) + 0.0001 * noise
        out["supply_dependence"] = 0.0 * effort + 0.3 + 0.0001 * noise
        # what was in flight runs out over three years; only that is lost, and a third of it is made good
        share = np.clip(1 - np.maximum(since, 0) / 36, 0, 1)
        calm = 100.0 + noise - 5.0 * broad + self.config.programme.tranches
        lost = 1.5 * (calm - effort) * share
        out |= {"collaboration_in_flight": calm * share - lost}
        out |= {"collaboration_formed_after": effort - calm * share + lost}
        for label in self.watch:
            out |= {f"collaboration_at_risk:{label}": effort * 0.1}
            out |= {f"collaboration_at_risk_in_flight:{label}": calm * share * 0.1}
        # a tenth of 1000 seats stands empty under the shock, of which three in ten are filled
        hit = 100.0 * (since >= 0) * bool(self.shocks)
        out |= {"seats_in_flight": np.full(len(months), 1000.0), "seats_vacated": 20.0 + hit}
        out |= {"seats_substituted": 10.0 + 0.3 * hit}
        return out

    def treatment(self):
        broad = self.config.programme.countries_per_consortium == (8, 11)
        return {"realised_countries": 7.9 if broad else 3.5, "realised_months_between_calls": 12.0}

    def series_by_country(self):
        # the first country does two thirds
        series = self.series()
        shares = np.array([2 / 3, 1 / 3])
        return {
            f"{name}_by_country": series[name][:, None] * shares
            for name in ("collaboration", "output", "work", "effort")
        }

    def targets(self):
        return dict.fromkeys(self.config.shocks, ("POL", "ESP") if self.arm == "scattered" else ("DEU",))

    def participations(self):
        return pd.DataFrame(
            {"project": ["P1", "P1"], "organisation": ["A", "B"], "role": ["coordinator", "participant"]}
        )

    def grants(self):
        return self.participations().assign(funder="agency")


_module = types.ModuleType("ecosim.model")
_module.Ecosystem = Ecosystem
sys.modules["ecosim.model"] = _module

# nothing to compile
api.warm_kernels = lambda **_: None
