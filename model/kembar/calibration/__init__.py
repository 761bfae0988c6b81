"""Calibration: what the evidence leaves of the uncertain numbers, and whether that answer may be trusted.

`reference` reads the runs of a calibration study beside the targets, `kembar.analysis.abc` draws the posterior and
tests its coverage, `prediction` runs the posterior's draws, `calibrate` does all of it and writes the folder.
"""
