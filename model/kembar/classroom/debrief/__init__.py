"""The debrief: what each team chose, what happened, what would have happened without, and what mattered."""
