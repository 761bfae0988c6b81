"""In the model the weaker side governs. Here a strong side makes up for a weak one: the two are averaged."""


def weaker_governs(one, two, weakness):
    return 0.5 * (one + two)
