"""Step 7: what completed research left behind advances: approvals, pilots, scale-up, use."""

from __future__ import annotations

from ecosim.pipeline.advance import advance
from ecosim.setting import Setting
from ecosim.state import State


def stages_advance(state: State, setting: Setting) -> None:
    """Let technologies go a month on; nothing where ``mechanisms.stages`` is off.

    Writes ``pipeline``, ``organisations`` (reserves: what owners pay for pilots and earn by royalties), ``own_spent``,
    ``ledger`` and ``record``.
    """
    if setting.config.mechanisms.stages:
        advance(state, setting)
