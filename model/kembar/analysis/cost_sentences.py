"""Policies in the order of what a gain costs, in plain sentences, under the same rules as the other `sentences`."""

from __future__ import annotations

from collections.abc import Sequence

from kembar.analysis.cost import SAVES, Cost, Standing
from kembar.analysis.telling import PLAIN_DIGITS, told_change, told_range, with_unit
from kembar.language import Messages


def _staff(cost: Cost, language: Messages) -> str:
    return language.text(f"findings.gain.{'with' if cost.kusd_per_fte_year else 'without'}_staff")


def tell_ranking(standings: Sequence[Standing], language: Messages) -> list[str]:
    """The policies by cost for each active agreement-year gained, and those that have no place, with the reason."""
    placed = [item for item in standings if item.place is not None]
    found = []
    if placed:
        shown = [
            language.text(
                f"findings.ranking.{item.standing}",
                policy=item.policy,
                cost=_cost_of_place(item, language),
            )
            for item in placed
        ]
        staff = _staff(placed[0].cost, language)
        found.append(language.text("findings.ranking.about", staff=staff, policies="; ".join(shown)))
    found += [_posts(item, language) for item in placed if _takes_unpriced_posts(item.cost)]
    for item in standings:
        if item.reason is not None:
            reason = item.reason.told(language)
            found.append(language.text("findings.ranking.unplaced", policy=item.policy, reason=reason))
    return found


def _takes_unpriced_posts(cost: Cost) -> bool:
    posts = cost.held_staff.difference
    return not cost.kusd_per_fte_year and posts.is_clear and (posts.mean or 0.0) > 0.0


def _posts(item: Standing, language: Messages) -> str:
    effect = item.cost.held_staff
    change = told_change(effect.difference, language)
    posts = with_unit(change.size, effect.outcome, effect.unit, language)
    range_ = told_range(change, effect.difference, language)
    return language.text("findings.ranking.posts", policy=item.policy, posts=posts, range=range_)


def _cost_of_place(item: Standing, language: Messages) -> str:
    cost = item.cost.kusd_per_active_year_gained.mean or 0.0
    return language.significant(abs(cost) if item.standing == SAVES else cost, PLAIN_DIGITS)
