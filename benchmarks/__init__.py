"""Measurements of the portal, each beside its yardstick in the same run: `bin/py -m benchmarks --help`.

Owns how figures are taken and how they are kept in `docs/performance.md`. No test depends on a figure: machines differ. What a
benchmark does check is that it measured the right thing: the page that was asked for, and every filing found again.
"""
