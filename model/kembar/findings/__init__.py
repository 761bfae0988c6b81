"""What a study found: its tables turned into effects, costs, lives, designs and sentences that answer its question."""

from kembar.findings.findings import Findings, WorldFindings, find
from kembar.findings.policies import PolicyFindings

__all__ = ["Findings", "PolicyFindings", "WorldFindings", "find"]
