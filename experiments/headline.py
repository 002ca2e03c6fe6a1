"""The headline experiment through Python: which policy keeps most collaboration alive under which shock.

Run it from the repository or anywhere after installation; the second time it only reads what the first one wrote:

    python experiments/headline.py [overrides, e.g. world.scale=0.02 experiment.replicates=2]
"""

import sys

import ecosim


def main() -> None:
    """Run or continue the sweep, print the ranked answer, compare policies, save two figures."""
    result = ecosim.sweep("experiment=headline", *sys.argv[1:], quiet=False)
    print(result.text())

    # tidy tables: one row per policy and shock, with intervals
    table = result.summary.pivot(index="policy", columns="shock", values="sustained")
    print("\nShare of each policy's own calm-time work that survives:\n")
    print(table.round(3).to_string())

    result.plot_curves().savefig("headline_curves.png", dpi=150)
    result.plot_heat_map("sustained").figure.savefig("headline_sustained.png", dpi=150)


if __name__ == "__main__":
    main()
