"""``ecosim atlas``: the brief of every country of a world, as a folder of pages that opens from disk.

One sweep, in which all countries share the histories: a rupture between two countries is simulated once for both, and a
supplier that is lost once for all. What a page says of a country is what ``ecosim brief`` says of it, to the digit.
"""
