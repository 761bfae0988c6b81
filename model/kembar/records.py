"""The state of a run: record types, stages, endings, factors and event kinds.

One structured array holds the cities, one the agreements; a rule reads and writes one record.
Pairs of values belonging to the two sides of an agreement are fields of length two, indexed by side
(0 is side *a*, the city whose key sorts first). Units stand in [brackets].
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

SECTORS: Final = (
    "trade",
    "tourism",
    "culture",
    "education",
    "environment",
    "services",
    "resilience",
    "technology",
)
SECTOR_COUNT: Final = 8
TRADE: Final = 0
TOURISM: Final = 1
RESILIENCE: Final = 6

QUARTERS_PER_YEAR: Final = 4
NEVER: Final = -(10**6)  # a date that has not happened; far enough below any quarter to subtract from

# Stages of an agreement. SCHEDULED rows are recorded signings of a hindcast that have not begun yet.
EXPLORING: Final = 0
LETTER: Final = 1
ACTIVE: Final = 2
DORMANT: Final = 3
STALLED: Final = 4
ENDED: Final = 5
SCHEDULED: Final = 6
STAGES: Final = ("exploring", "letter_of_intent", "active", "dormant", "stalled", "ended")

# How an agreement ended (why it declined is its cause, kept apart).
NOT_ENDED: Final = 0
LAPSE: Final = 1
NOTICE: Final = 2
REVIEW: Final = 3
MERGER: Final = 4
BREAK: Final = 5
ENDINGS: Final = ("", "lapse", "notice", "review", "merger", "break")

# Registers tell a status; what they do not tell is drawn per run.
STATUS_CONFIRMED: Final = 0
STATUS_LISTED: Final = 1
STATUS_FORMER: Final = 2
STATUS_DORMANT: Final = 3
STATUS_LAPSED: Final = 4
STATUS_LETTER: Final = 5
STATUS_EXPLORATORY: Final = 6
STATUS_STALLED: Final = 7
STATUS_NEW: Final = 8
STATUSES: Final = (
    "confirmed",
    "listed",
    "former",
    "dormant",
    "lapsed",
    "letter",
    "exploratory",
    "stalled",
    "new",
)

# How the hidden state of a run's first quarter is made.
START_REGISTER: Final = 0
START_HINDCAST: Final = 1

# Bilateral relations of two countries.
NORMAL: Final = 0
STRAINED: Final = 1
FROZEN: Final = 2

# Entries of an election calendar.
NO_CHANGE: Final = 0
ELECTION: Final = 1
CARETAKER: Final = 2
OWN_TERM: Final = 3  # before the calendar begins, a city keeps its own term

# Scheduled surroundings.
TRAVEL_STOP: Final = 0
FISCAL_CRISIS: Final = 1
FREEZE: Final = 2
DISASTER: Final = 3
SURROUNDING_KINDS: Final = ("travel_stop", "fiscal_crisis", "freeze", "disaster")
EVERYWHERE: Final = 0
IN_COUNTRY: Final = 1
IN_CITY: Final = 2

# Factors of a side's readiness, in the order of the history's columns.
MONEY: Final = 0
STAFF: Final = 1
EXPERIENCE: Final = 2
LEADER: Final = 3
OWNERSHIP: Final = 4
GOODWILL: Final = 5
LOAD: Final = 6
SIDE_FACTORS: Final = ("money", "staff", "experience", "leader", "ownership", "goodwill", "load")
SIDE_FACTOR_COUNT: Final = 7
SHARED_FACTORS: Final = ("trust", "barrier", "travel", "freeze")
SHARED_FACTOR_COUNT: Final = 4

CLOCK_STAGES: Final = 3  # stages of an exchange's waiting time (Erlang-3: exchanges are planned, not thrown)

# Columns of an agreement's quarterly history: the factors of side a, of side b, the shared ones, then these.
SHARED_COLUMN: Final = 14
RATE_COLUMN: Final = 18
CARRIER_COLUMN: Final = 19
COUNT_COLUMN: Final = 20
HISTORY_COLUMNS: Final = 21

# A split of a shortfall: luck, carriers, side a's factors, side b's factors, the shared factors.
LUCK_PART: Final = 0
CARRIER_PART: Final = 1
SIDE_PART: Final = 2
SHARED_PART: Final = 16
PART_COUNT: Final = 20
PARTS: Final = (
    "luck",
    "carriers",
    *(f"{factor}_a" for factor in SIDE_FACTORS),
    *(f"{factor}_b" for factor in SIDE_FACTORS),
    *SHARED_FACTORS,
)
NO_CAUSE: Final = -1

# Kinds of event. Those of an agreement come first, then those of a city, of a country, of a pair of countries, of all.
TALKS_OPENED: Final = 0
LETTER_SIGNED: Final = 1
TALKS_STALLED: Final = 2
TALKS_RESUMED: Final = 3
SIGNED: Final = 4
EXCHANGED: Final = 5
FELL_QUIET: Final = 6
WENT_DORMANT: Final = 7
REVIVED: Final = 8
RENEWED: Final = 9
LEFT_ON_PAPER: Final = 10
GAVE_NOTICE: Final = 11
AGREEMENT_ENDED: Final = 12
AGREEMENT_FROZEN: Final = 13
AGREEMENT_THAWED: Final = 14
LEADER_CHANGED: Final = 15
LEADER_RETURNED: Final = 16
CARETAKER_CAME: Final = 17
STAFF_ROTATED: Final = 18
PORTFOLIO_REVIEWED: Final = 19
CITY_MERGED: Final = 20
FISCAL_CRISIS_BEGAN: Final = 21
DISASTER_STRUCK: Final = 22
RELATIONS_CHANGED: Final = 23
TRAVEL_STOPPED: Final = 24
EVENT_KINDS: Final = (
    "talks_opened",
    "letter_signed",
    "talks_stalled",
    "talks_resumed",
    "signed",
    "exchanged",
    "fell_quiet",
    "went_dormant",
    "revived",
    "renewed",
    "left_on_paper",
    "gave_notice",
    "ended",
    "frozen",
    "thawed",
    "leader_changed",
    "leader_returned",
    "caretaker_came",
    "staff_rotated",
    "portfolio_reviewed",
    "city_merged",
    "fiscal_crisis_began",
    "disaster_struck",
    "relations_changed",
    "travel_stopped",
)
NO_SIDE: Final = -1


def _dtype(*fields: tuple[str, str] | tuple[str, str, tuple[int, ...]]) -> np.dtype[np.void]:
    return np.dtype(list(fields), align=True)


COUNTRY: Final = _dtype(
    ("key", "u8"),  # luck
    ("continent", "i8"),
    ("fiscal_quarter", "i8"),  # 0-3, first quarter of the fiscal year
    ("population", "f8"),  # [heads]
    ("income", "f8"),  # [kusd a head]
    ("cycle", "f8"),  # log deviation of local budgets from their trend
    ("crisis", "f8"),  # share of budgets lost, 0-1
    ("crisis_until_quarter", "i8"),
    ("crisis_depth", "f8"),
    ("travel", "f8"),  # severity of travel disruption, 0-1
    ("disaster", "f8"),  # severity, 0-1
    ("disaster_until_quarter", "i8"),
    ("tourism_pool", "f8"),  # [points] of this quarter that travel on
    ("trade_pool", "f8"),  # [points] of this quarter that draw investment away from neighbours
)

CITY: Final = _dtype(
    ("key", "u8"),  # luck
    ("country", "i8"),
    ("wave", "i8"),  # row of the election calendar, -1 when staggered
    ("is_focal", "i8"),
    ("is_open_to_search", "i8"),
    ("is_played", "i8"),  # 1 while people decide for it
    ("population", "f8"),  # [heads]
    ("log_population", "f8"),
    ("latitude", "f8"),
    ("longitude", "f8"),
    ("utc_offset_hours", "f8"),
    ("fiscal_kusd", "f8"),  # [kusd/year] whole budget
    ("money_scale_kusd", "f8"),  # [kusd/year] budget after the size elasticity
    ("staff_scale", "f8"),  # [1] size after the staff elasticity
    ("takers", "f8"),  # [1] size after the elasticity of benefits
    ("outreach", "f8"),  # [1] size after the elasticity of search
    ("background", "f8"),  # unseen agreements that this world does not contain
    ("capability", "f8", (8,)),  # 0-1 by sector
    ("priority", "f8", (8,)),  # shares over sectors, sum to 1
    ("commitment", "f8"),  # 0-1
    ("leader_level", "f8"),  # the leader's own commitment, 0-1
    ("terms_served", "i8"),
    ("is_caretaker", "i8"),
    ("inaugurated_quarter", "i8"),
    ("changed_quarter", "i8"),  # last change of head
    ("next_election_quarter", "i8"),
    ("rotation_quarter", "i8"),
    ("staff", "f8"),  # [fte]
    ("experience", "f8"),  # 0-1
    ("appropriated_kusd", "f8"),  # [kusd/year]
    ("external_share", "f8"),  # share of executable money that others pay
    ("executable_kusd", "f8"),  # [kusd/year] what can be spent this fiscal year
    ("spent_kusd", "f8"),  # this fiscal year
    ("budgeted_count", "i8"),  # active agreements for which the latest appropriation was made
    ("available_kusd", "f8"),  # for exchanges, this quarter
    ("upkeep_kusd", "f8"),  # for the upkeep of agreements, this quarter
    ("programme_coverage", "f8"),  # share of the programmes wished for that is paid, 0-1
    ("institutionalisation", "f8"),  # 0-1
    ("institution_base", "f8"),
    ("civic", "f8"),  # 0-1
    ("civic_base", "f8"),
    ("business", "f8"),  # 0-1
    ("business_base", "f8"),
    ("support", "f8"),  # public support, 0-1
    ("crisis", "f8"),  # scheduled local crisis, share of the budget lost
    ("disaster", "f8"),  # scheduled local disaster, severity
    ("travel", "f8"),  # scheduled local travel stop, severity
    ("review", "f8"),  # chance that a review now held ends a dormant agreement; 0 when none is held
    ("merged", "i8"),  # 1 in the quarter of a merger
    ("first_agreement", "i8"),  # head of the chain of its agreements, -1 when none
    ("open_count", "i8"),  # exploring, letter, active
    ("active_count", "i8"),
    ("dormant_count", "i8"),
    ("load", "f8"),  # agreements to be coordinated, weighted
    ("coordination_fte", "f8"),
    ("free_fte", "f8"),
    ("assigned_fte", "f8"),  # given to active agreements
    ("value_sum", "f8"),
    ("money_granted", "f8"),  # [kusd/year] given out in the first round
    ("money_unmet", "f8"),  # [kusd/year] needs not met in the first round
    ("planned_kusd", "f8"),  # [kusd/year] planned for agreements that this world contains
    ("exchange_count", "i8"),  # this quarter
    ("spending_kusd", "f8"),  # this quarter
    ("learned", "f8", (8,)),  # this quarter's gain of capability
    ("arriving_tangible", "f8", (8,)),  # [points] of this quarter's exchanges
    ("arriving_intangible", "f8", (8,)),
    ("arriving_public", "f8", (8,)),
    ("pending_tangible", "f8", (8,)),  # [points] not yet felt
    ("pending_intangible", "f8", (8,)),
    ("pending_public", "f8", (8,)),
    ("felt_public", "f8"),  # [points/quarter] felt by the wide public
    ("satisfaction_sum", "f8"),
)

AGREEMENT: Final = _dtype(
    ("stage", "i8"),
    ("a", "i8"),
    ("b", "i8"),
    ("key", "u8"),  # luck of the pair and generation
    ("generation", "i8"),
    ("next", "i8", (2,)),  # chains of the two cities' agreements
    ("status", "i8"),
    ("register_row", "i8"),  # row of the scenario's table, -1 when formed in the run
    ("follows_record", "i8"),  # 1 while its talks follow recorded dates
    ("is_frozen", "i8"),
    ("in_force", "i8"),
    ("is_quiet", "i8"),
    ("opened_quarter", "i8"),
    ("letter_quarter", "i8"),
    ("signed_quarter", "i8"),
    ("entry_quarter", "i8"),  # first quarter in which this run could see it
    ("active_since_quarter", "i8"),
    ("term_end_quarter", "i8"),
    ("last_exchange_quarter", "i8"),
    ("first_dormant_quarter", "i8"),
    ("dormant_quarter", "i8"),
    ("ended_quarter", "i8"),
    ("notice_quarter", "i8"),  # when a notice takes effect
    ("renewal_count", "i8"),
    ("revival_count", "i8"),
    ("cause", "i8"),  # part of the split, NO_CAUSE before any decline
    ("first_cause", "i8"),  # of the first dormancy, or of the end when none came before it
    ("how", "i8"),
    ("split_row", "i8"),
    ("language", "f8"),  # closeness 0-1
    ("culture", "f8"),  # distance 0-1
    ("distance", "f8"),  # 0-1
    ("distance_km", "f8"),
    ("hours_apart", "f8"),  # 0-1, share of half a day
    ("common_partners", "f8"),
    ("prior_contact", "f8"),
    ("fit", "f8", (2,)),  # how well the partner complements this side, 0-1
    ("focus", "f8", (8,)),  # shares over sectors, sum to 1
    ("focus_depth", "f8"),
    ("focus_breadth", "f8"),
    ("familiarity", "f8", (8,)),  # exchanges already held in a sector, fading
    ("fixed_term_years", "f8"),  # recorded term, 0 when the lever rules
    ("trust", "f8"),
    ("embeddedness", "f8"),
    ("joint_experience", "f8"),
    ("goodwill", "f8", (2,)),
    ("ownership", "f8", (2,)),
    ("expectation", "f8", (2,)),  # [points/year]
    ("seen", "f8", (2,)),  # [points/year]
    ("satisfaction", "f8", (2,)),  # -1..1
    ("preference", "f8", (2,)),  # of the people who decide for a side; 1 otherwise
    ("value", "f8", (2,)),
    ("need_kusd", "f8", (2,)),  # [kusd/year]
    ("money_kusd", "f8", (2,)),  # [kusd/year] planned
    ("purse_kusd", "f8", (2,)),  # affordable this quarter
    ("time_fte", "f8", (2,)),
    ("rate_city", "f8"),  # [exchanges/year]
    ("rate_citizen", "f8"),
    ("city_clock", "i8"),
    ("citizen_clock", "i8"),
    ("city_count", "i8"),  # this quarter
    ("citizen_count", "i8"),
    ("exchange_size", "f8"),  # of this quarter's city exchanges, 0-1
    ("digital", "f8"),  # digital share of the pair, 0-1
    ("recent_citizen", "f8"),  # [exchanges/year] smoothed
    ("city_exchanges", "i8"),  # in this run
    ("citizen_exchanges", "i8"),
    ("active_quarters", "i8"),
    ("spent_kusd", "f8", (2,)),
    ("yield_tangible", "f8", (2,)),  # [points] of this quarter's exchanges
    ("yield_intangible", "f8", (2,)),
    ("points", "f8", (2,)),  # benefits yielded to each side
    ("tangible_points", "f8"),
    ("public_points", "f8"),
    ("early_economic_points", "f8"),  # years 1-10 of the agreement
    ("early_exchanges", "f8"),
    ("late_economic_points", "f8"),  # years 11-20
    ("late_exchanges", "f8"),
    ("entry_commitment", "f8", (2,)),  # 0-1, of the heads at the end of the quarter of entry
    ("entry_staff", "f8", (2,)),  # [fte/agreement] for each open agreement of the city, then
    ("entry_money_kusd", "f8", (2,)),  # [kusd/year] appropriated for each open agreement of the city, then
)

SURROUNDINGS: Final = _dtype(
    ("travel_until_quarter", "i8"),
    ("travel_severity", "f8"),
    ("taste", "f8", (8,)),  # drift of sector weights
)

SCHEDULED_EVENT: Final = _dtype(
    ("kind", "i8"),
    ("from_quarter", "i8"),
    ("until_quarter", "i8"),
    ("severity", "f8"),
    ("scope", "i8"),
    ("index", "i8"),
    ("other", "i8"),
)

CHANGE: Final = _dtype(("quarter", "i8"), ("city", "i8"), ("lever", "i8"), ("value", "f8"))

EVENT: Final = _dtype(
    ("quarter", "i8"),
    ("kind", "i8"),
    ("subject", "i8"),  # row of the agreement, city or country
    ("other", "i8"),  # second country, or NO_SIDE / side that acted
    ("detail", "i8"),  # how, cause part, relation, or count
    ("split_row", "i8"),
    ("values", "f8", (10,)),  # see EVENT_VALUES
)
EVENT_VALUES: Final = (
    "commitment_a",
    "commitment_b",
    "staff_a",
    "staff_b",
    "money_a",
    "money_b",
    "trust",
    "embeddedness",
    "satisfaction_a",
    "satisfaction_b",
)

SERIES: Final = _dtype(
    *((stage, "f8") for stage in STAGES),
    ("frozen", "f8"),
    ("in_force", "f8"),
    ("talks_opened", "f8"),
    ("letters", "f8"),
    ("signed", "f8"),
    ("dormancies", "f8"),
    ("revivals", "f8"),
    ("renewals", "f8"),
    ("lapses", "f8"),
    ("notices", "f8"),
    ("reviews", "f8"),
    ("mergers", "f8"),
    ("breaks", "f8"),
    ("city_exchanges", "f8"),
    ("citizen_exchanges", "f8"),
    ("appropriated_kusd", "f8"),
    ("executable_kusd", "f8"),
    ("spent_kusd", "f8"),
    ("external_kusd", "f8"),
    ("staff_fte", "f8"),
    ("used_fte", "f8"),
    ("tangible_points", "f8"),
    ("intangible_points", "f8"),
    ("public_points", "f8"),
    ("leader_changes", "f8"),
    ("commitment", "f8"),
    ("satisfaction", "f8"),
)

CITY_YEAR: Final = _dtype(
    ("appropriated_kusd", "f8"),
    ("executable_kusd", "f8"),
    ("spent_kusd", "f8"),
    ("external_kusd", "f8"),
    ("staff_fte", "f8"),
    ("used_fte", "f8"),
    ("experience", "f8"),
    ("commitment", "f8"),
    ("institutionalisation", "f8"),
    ("support", "f8"),
    ("active", "f8"),
    ("exchanges", "f8"),
    ("tangible_points", "f8"),
    ("intangible_points", "f8"),
    ("public_points", "f8"),
    ("sector_points", "f8", (8,)),
)

# Rows of the counters that a run keeps.
AGREEMENT_ROWS: Final = 0
EVENT_ROWS: Final = 1
SPLIT_ROWS: Final = 2
CHANGES_DONE: Final = 3
OVERFLOWED: Final = 4
KEEP_EXCHANGES: Final = 5
START_KIND: Final = 6
BEGUN: Final = 7  # 1 once the start is drawn
LAST_MARK: Final = 8
COUNTER_COUNT: Final = 9

# Rows of the scratch room.
REFERENCE_ROW: Final = 0
PARTS_ROW: Final = 1
DUE_ROW: Final = 2
SCRATCH_ROWS: Final = 3

Array = npt.NDArray[np.void]
FloatArray = npt.NDArray[np.float64]
IntegerArray = npt.NDArray[np.int64]
Record = np.record


class World(NamedTuple):
    """Everything a run reads and writes. Arrays only, so that the compiled quarter can take it whole."""

    seed: npt.NDArray[np.uint64]  # (2,) two 32-bit words
    parameters: Array  # (1,) constants and uncertainties
    levers: Array  # (cities,) the levers in force now
    lever_values: npt.NDArray[np.float64]  # (cities, levers) the same memory as `levers`
    cities: Array  # (cities,)
    agreements: Array  # (room for agreements,)
    countries: Array  # (countries,)
    surroundings: Array  # (1,)
    country_pair_keys: npt.NDArray[np.uint64]  # (countries, countries)
    language: npt.NDArray[np.float64]  # (countries, countries) closeness 0-1
    relation: npt.NDArray[np.int64]  # (countries, countries) NORMAL, STRAINED, FROZEN
    scheduled_freeze: npt.NDArray[np.int64]  # (countries, countries) 1 while a scenario freezes the pair
    citizen_ties: npt.NDArray[np.float64]  # (countries, countries) sum of embeddedness
    calendar: npt.NDArray[np.int64]  # (waves, quarters)
    recorded_years: npt.NDArray[np.int64]  # (statuses, most recorded years), relative quarters of signing
    recorded_counts: npt.NDArray[np.int64]  # (statuses,)
    scheduled: Array  # (scheduled events,)
    changes: Array  # (lever changes,) in order of quarter
    history: npt.NDArray[np.float64]  # (room for agreements, silent span, HISTORY_COLUMNS)
    events: Array  # (room for events,)
    splits: npt.NDArray[np.float64]  # (room for splits, PART_COUNT)
    series: Array  # (years,)
    city_years: Array  # (years, cities), or (1, cities) when only the year under way is kept
    city_totals: Array  # (cities,) the years added up; of levels the last one
    ring: npt.NDArray[np.float64]  # (cities,) places on this year's ring, in order
    ring_order: npt.NDArray[np.int64]  # (cities,) rows of the cities in that order
    searching: npt.NDArray[np.int64]  # (cities,) rows of the cities with an offer this quarter
    scratch: npt.NDArray[np.float64]  # (SCRATCH_ROWS, PART_COUNT) room for sums, so that a run allocates nothing
    marks: npt.NDArray[np.int64]  # (cities,) partners of the city last looked at carry the last mark
    offers: npt.NDArray[np.int64]  # (cities,) best candidate, -1 when none
    offer_scores: npt.NDArray[np.float64]  # (cities,)
    counters: npt.NDArray[np.int64]  # (COUNTER_COUNT,)
