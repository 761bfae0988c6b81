"""In the model a head's backing moves the work. Here the office works as under an average head, whoever rules."""


def leader_factor(commitment, plan, p):
    return p.leader_floor + (1.0 - p.leader_floor) * 0.28
