"""Conclusions under uncertainty: which statements of the findings hold over the posterior and over other structures.

`statements.toml` declares each statement as a sum of means that must be above zero, `structures/` holds the rules that
other builders of the model might have chosen, `conclude` runs the studies with each of them, `judging` says what holds.
"""
