"""What policies cost, in plain sentences, under the same rules as the other `sentences`."""

from __future__ import annotations

from collections.abc import Sequence

from kembar.analysis.cost import SAVES, Cost, Standing
from kembar.analysis.sentences import tell_effect, told_reason
from kembar.analysis.telling import MISSING, PLAIN_DIGITS, told_change, told_range, with_unit
from kembar.language import Messages


def tell_cost(cost: Cost, language: Messages) -> list[str]:
    """Money and staff a year, and the cost of an active agreement-year gained."""
    found = [tell_effect(effect, language) for effect in (cost.spent, cost.external, cost.held_staff)]
    if not cost.is_in_model:
        return [*found, language.text("findings.cost.not_in_model")]
    return [*found, _cost_of_gain(cost, language)]


def _cost_of_gain(cost: Cost, language: Messages) -> str:
    gain, ratio = cost.active_years.difference, cost.kusd_per_active_year_gained
    if gain.is_clear and (gain.mean or 0.0) < 0.0:
        return language.text("findings.gain.lost")
    change = told_change(ratio, language)
    if change.kind == MISSING:
        return language.text("findings.gain.missing", reason=told_reason(ratio, language))
    return language.text(
        f"findings.gain.{change.kind}",
        cost=change.size,
        range=told_range(change, ratio, language),
        down=change.low,
        up=change.high,
        staff=_staff(cost, language),
    )


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
