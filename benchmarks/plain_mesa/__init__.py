"""The same month as ``ecosim.Ecosystem``, written as an ordinary Mesa model: the yardstick of the benchmarks.

Organisations are ``mesa.Agent`` objects that hold their own attributes, partnerships and technologies are Python
objects, ties stand in a dict, and every rule is a Python loop over them. It is written as a good Mesa user would write
it: look-up tables are nested lists rather than NumPy arrays read one number at a time, weighted draws use running sums
and ``bisect``, what does not change is computed once. There are no columns, no compiled loops and no tricks.

What it shares with ecosim are facts, not behaviour: the parameters (``Scenario``), the world's tables, the
organisations drawn at the start with their arrival dates, the money appropriated, and the country-level tables at rest.
It plays supply, national agencies, and with ``mechanisms.stages`` all that comes after research, with the banks and
funds that pay for it. What it leaves out is what nothing in such a scenario uses: shocks, instruments, rules on
countries and blocs, portfolio evenness, reforms, paths of money, a world at its own size, real projects to begin with,
other funders, and the agents without a part in such a month (governments, missions). Draws come from the model's
ordinary generator, so runs agree with ecosim's in distribution, not number by number;
``python -m benchmarks.agreement`` shows how well.

``model`` is the month; ``organisations`` are the agents; ``parts`` what they make together and who pays; ``supplies``
the rules of inputs; ``stages`` what comes after research.
"""

from benchmarks.plain_mesa.model import PlainEcosystem

__all__ = ["PlainEcosystem"]
