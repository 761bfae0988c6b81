"""Worlds and policies as data: reading, checking, imputing, and generating synthetic ones.

`reader` loads a scenario or policy, `changes` resolves what policies change, `files` checks single files.
"""
