"""The headline experiment through Python: what each lever does under which shock, and which policy is ahead.

Run it from the repository or anywhere after installation; the second time it only reads what the first one wrote:

    python experiments/headline.py [overrides, e.g. world.scale=0.02 experiment.replicates=2]
"""

import sys

import ecosim


def main() -> None:
    """Run or continue the sweep, print the answer, look into its tables, save two figures."""
    result = ecosim.sweep("experiment=headline", *sys.argv[1:], quiet=False)
    print(result.screen(full=True))
    print(f"\n{result.text()}")

    # tidy tables: one row per contrast, shock and measure, with its simultaneous interval and verdict
    verdicts = result.contrasts.pivot(index=["contrast", "measure"], columns="shock", values="verdict")
    print("\nVerdicts:\n")
    print(verdicts.to_string())

    # one row per policy and shock, with intervals
    table = result.summary.pivot(index="policy", columns="shock", values="sustained_collaboration")
    print("\nShare of each policy's own calm-time work that survives:\n")
    print(table.round(3).to_string())

    result.plot_curves().savefig("headline_curves.png", dpi=150)
    result.plot_heat_map("sustained_collaboration").figure.savefig("headline_sustained.png", dpi=150)


if __name__ == "__main__":
    main()
