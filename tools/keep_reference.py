"""Keep the comparisons of a finished reference run with the package, for quick runs to be set beside.

python tools/keep_reference.py results/headline_reference/<fingerprint> headline
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from ecosim.report import kept
from ecosim.report.results import load_results


def main() -> None:
    """Write ``ecosim/report/data/<experiment>.json``."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("experiment", help="the quick experiment it is the reference of")
    arguments = parser.parse_args()
    result = load_results(arguments.folder)
    draws = int(result.summary["clusters"].max())
    target = Path(kept.__file__).parent / "data" / f"{arguments.experiment}.json"
    target.parent.mkdir(exist_ok=True)
    content = json.dumps(kept.as_reference(result.contrasts, result.manifest, draws), indent=1)
    target.write_text(content + "\n", encoding="utf-8")
    print(f"{target}: {len(result.contrasts)} comparisons, {draws} draws")


if __name__ == "__main__":
    main()
