"""The words in which results are told: causes, endings, dates, amounts."""

from __future__ import annotations

from typing import Final

# Short names of factors, for counts over many agreements.
FACTORS: Final = {
    "luck": "chance",
    "carriers": "citizens and firms",
    "money": "money",
    "staff": "staff time",
    "experience": "experience",
    "leader": "the head's backing",
    "ownership": "ownership after a change of head",
    "goodwill": "faded goodwill",
    "load": "too many agreements at once",
    "trust": "trust",
    "barrier": "distance, language and culture",
    "travel": "travel stops",
    "freeze": "frozen relations",
}
# A factor as the cause of one agreement's decline; {} is the city.
CAUSES: Final = {
    "luck": "chance: fewer exchanges came about than were to be expected",
    "carriers": "too few exchanges by citizens and firms",
    "money": "too little money in {}",
    "staff": "too little staff time in {}",
    "experience": "inexperienced staff in {}",
    "leader": "a head who did not back it in {}",
    "ownership": "a head in {} who had not made it their own",
    "goodwill": "faded goodwill in {}",
    "load": "too many agreements at once in {}",
    "trust": "little trust between the two",
    "barrier": "distance, language and culture",
    "travel": "disrupted travel",
    "freeze": "frozen relations between the two countries",
}
ENDINGS: Final = {
    "lapse": "its term ran out and was not renewed",
    "notice": "one side had given notice",
    "review": "a review of the portfolio ended it",
    "merger": "one of the cities was merged",
    "break": "relations between the countries broke",
}
QUARTERS: Final = {"1": "first", "2": "second", "3": "third", "4": "fourth"}
STAGES: Final = {
    "exploring": "in first talks",
    "letter_of_intent": "at a letter of intent",
    "active": "active",
    "dormant": "dormant",
    "stalled": "stalled",
    "ended": "ended",
}
ONE_FUTURE: Final = "one possible future, not a forecast"


def factor_and_side(part: str) -> tuple[str, str | None]:
    """A part of a shortfall without its side, and the side.

    >>> factor_and_side("money_a"), factor_and_side("trust")
    (('money', 'a'), ('trust', None))
    """
    return (part[:-2], part[-1]) if part[-2:] in ("_a", "_b") else (part, None)


def told_cause(part: str, city_a: str, city_b: str) -> str:
    """A cause in words.

    >>> told_cause("money_b", "Busan", "Surabaya")
    'too little money in Surabaya'
    """
    factor, side = factor_and_side(part)
    return CAUSES[factor].format(city_a if side == "a" else city_b)


def told_date(date: str) -> str:
    """A quarter in words.

    >>> told_date("2027Q3")
    'the third quarter of 2027'
    """
    year, _, quarter = date.partition("Q")
    return f"the {QUARTERS[quarter]} quarter of {year}"


def name_of(key: str) -> str:
    """A city's name without its country.

    >>> name_of("Jung-gu (Ulsan) (KR)")
    'Jung-gu (Ulsan)'
    """
    return key.rpartition(" (")[0] or key


def percent(share: float | None) -> str:
    """A share in percent.

    >>> percent(0.042), percent(None)
    ('4 %', 'none')
    """
    return "none" if share is None else f"{100 * share:.0f} %"


def counted(number: float, one: str, many: str | None = None) -> str:
    """A number with its noun.

    >>> counted(1, "exchange"), counted(1200, "exchange")
    ('1 exchange', '1,200 exchanges')
    """
    return f"{number:,.0f} {one if number == 1 else many or one + 's'}"


def money(kusd: float, idr_per_usd: float) -> str:
    """An amount in dollars and in rupiah.

    >>> money(140.0, 16300.0)
    'US$ 140 thousand (Rp 2.28 billion)'
    """
    return f"US$ {_scaled(kusd * 1e3)} (Rp {_scaled(kusd * 1e3 * idr_per_usd)})"


def _scaled(amount: float) -> str:
    for size, word in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million"), (1e3, "thousand")):
        if abs(amount) >= size:
            scaled = amount / size
            return f"{scaled:.{0 if scaled >= 100 else 1 if scaled >= 10 else 2}f} {word}"
    return f"{amount:.0f}"


def joined(parts: list[str]) -> str:
    """Parts as a list in a sentence.

    >>> joined(["a", "b", "c"])
    'a, b and c'
    """
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1] if parts else ""
