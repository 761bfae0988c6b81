"""New heads take over what they find: most of the old commitment outlives every change, whatever the institutions."""

from kembar.records import Record


def inherited_share(city: Record, levers: Record, p: Record) -> float:
    """Nine tenths of the old commitment outlive a change of head."""
    return 0.9
