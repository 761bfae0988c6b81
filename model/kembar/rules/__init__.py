"""The rules of the model, one file per process, in the order of the quarter.

A rule is a plain function on one city's or one agreement's record; a process applies rules to the whole world.
Rules draw luck only through named streams and take every number from the parameters or levers they are given.
"""
