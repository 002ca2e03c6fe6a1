"""Option files as Hydra would place them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

OPTIONS = Path(__file__).parents[1] / "conf"


def option(group: str, kind: str) -> dict[str, Any]:
    """Content of an option file, after checking that it stands under its own name."""
    path = OPTIONS / group / f"{kind}.yaml"
    assert path.read_text(encoding="utf-8").splitlines()[0] == f"# @package {group}.{kind}"
    content = OmegaConf.to_container(OmegaConf.load(path))
    assert isinstance(content, dict)
    assert content["kind"] == kind
    return {str(key): value for key, value in content.items()}
