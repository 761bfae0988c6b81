"""Process 4, staffing: offices lose people, refill slowly, and learn by doing.

Staff leave at a yearly rate and posts are refilled towards a target that grows with the city's budget,
``staff_factor * staff_reference * (F / F0)**staff_elasticity`` plus the posts of a dedicated secretariat [S02, S05].
Experience grows with tenure and with exchanges (learning by doing [S19, S23]) and leaves with people, less when
handover records are kept. From half a year after an inauguration the new head may rotate staff: a share of experience
and of posts is lost at once [S03, E3]. Now and then the one enthusiast leaves.
"""

from kembar.compilation import rule
from kembar.randomness import CITY_KEY_PERSON, CITY_ROTATION, Seed, uniform
from kembar.records import NO_SIDE, QUARTERS_PER_YEAR, STAFF_ROTATED, Record, World
from kembar.rules.numbers import bounded, chance
from kembar.rules.recording import note_surroundings

_QUARTER = 1.0 / QUARTERS_PER_YEAR


@rule
def staffing(world: World, quarter: int) -> None:
    """Move staff and experience of every city by one quarter."""
    p = world.parameters[0]
    leaving = chance(p.staff_departure_rate, _QUARTER)
    filling = chance(p.refill_rate, _QUARTER)
    key_person = chance(p.key_person_rate, _QUARTER)
    for row in range(len(world.cities)):
        city = world.cities[row]
        levers = world.levers[row]
        refill(city, levers, leaving, filling, p)
        gain_experience(city, levers, leaving, p)
        if quarter == city.rotation_quarter and rotate(world.seed, city, levers, p, quarter):
            note_surroundings(world, quarter, STAFF_ROTATED, row, NO_SIDE, 0)
        lose_key_person(world.seed, city, levers, key_person, p, quarter)


@rule
def staff_target(city: Record, levers: Record, p: Record) -> float:
    """Posts the city means to fill [fte]."""
    return float(
        levers.staff_factor * p.staff_reference_fte * city.staff_scale
        + levers.dedicated_secretariat * p.secretariat_fte
    )


@rule
def refill(city: Record, levers: Record, leaving: float, filling: float, p: Record) -> None:
    """Departures at once, refilling slowly, each by its share of a quarter."""
    target = staff_target(city, levers, p)
    staying = city.staff * (1.0 - leaving)
    if staying < target:
        city.staff = staying + filling * (target - staying)
    else:
        city.staff = max(target, staying)


@rule
def loss_without_records(levers: Record, p: Record) -> float:
    """Share of leaving people's experience that is lost: handover records keep the rest [S17]."""
    return float(1.0 - p.handover_keeps * levers.handover_records)


@rule
def gain_experience(city: Record, levers: Record, leaving: float, p: Record) -> None:
    """Tenure, exchanges and evaluation teach, training speeds it, departures take it away [S12]."""
    training = 1.0 + p.training_gain * levers.staff_training * city.programme_coverage
    growth = p.experience_tenure_rate * _QUARTER + p.experience_per_exchange * city.exchange_count
    growth += p.monitoring_lessons * levers.monitoring * _QUARTER
    gained = (1.0 - city.experience) * bounded(growth * training)
    lost = city.experience * leaving * loss_without_records(levers, p)
    city.experience = bounded(city.experience + gained - lost)


@rule
def rotate(seed: Seed, city: Record, levers: Record, p: Record, quarter: int) -> bool:
    """A new head moves officials about; less where the work is an institution with its own secretariat."""
    protection = p.rotation_protection * bounded(city.institutionalisation + levers.dedicated_secretariat)
    if uniform(seed, CITY_ROTATION, city.key, quarter, 0) >= p.rotation_chance * (1.0 - protection):
        return False
    city.experience *= 1.0 - p.rotation_experience_loss * loss_without_records(levers, p)
    city.staff *= 1.0 - p.rotation_staff_loss
    return True


@rule
def lose_key_person(seed: Seed, city: Record, levers: Record, key_person: float, p: Record, quarter: int) -> None:
    """The one who carried the work leaves: in a small office most of the experience goes at once."""
    if uniform(seed, CITY_KEY_PERSON, city.key, quarter, 0) < key_person:
        weight = 1.0 / (1.0 + city.staff)
        city.experience *= 1.0 - p.key_person_loss * weight * loss_without_records(levers, p)
