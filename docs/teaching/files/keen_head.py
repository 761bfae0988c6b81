"""The office works as under a head who half cares, whoever rules: more backing than the average head gives."""


def leader_factor(commitment, plan, p):
    return p.leader_floor + (1.0 - p.leader_floor) * 0.5
