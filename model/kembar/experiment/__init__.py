"""Experiments: which worlds, policies and uncertain numbers run how often, and how a batch survives a power cut."""
