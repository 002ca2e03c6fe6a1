"""Knowledge of other countries that can be reached."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ecosim.config.channels import KnowledgeAccessConfig


def base(technology_control: NDArray[np.float64], parameters: KnowledgeAccessConfig) -> NDArray[np.float64]:
    """Share of the second country's knowledge that the first reaches at rest, (C, C); 1 at home.

    What is published is open to everyone; the rest moves as freely as controlled technology does.

    Notes
    -----
    The common regimes behind ``technology_control`` are sourced (``World``); how much is published is assumed.
    """
    reached = parameters.published + (1.0 - parameters.published) * technology_control
    np.fill_diagonal(reached, 1.0)
    return reached
