"""Every new head begins anew: no by-law and no committee hands the old commitment on."""

from kembar.records import Record


def inherited_share(city: Record, levers: Record, p: Record) -> float:
    """Nothing of the old commitment outlives a change of head."""
    return 0.0
