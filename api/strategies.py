"""Strategies over GraphQL: what is done for whom."""

from api.graph.field import Same, find, many, one, pages, value, write
from api.scopes import Scope
from api.views import view
from domain.refusal import Invalid, NameTaken, NotFound, VersionConflict
from domain.strategies import read, save, strategy
from domain.text import name_of
from domain.time import Duration


@view(strategy.StrategyAction)
class StrategyAction:
    position: Same
    kind: Same
    channel: Same
    delay: Duration | None
    payload: Same


@view(strategy.Strategy, "str", requires=Scope.STRATEGIES_READ)
class Strategy:
    version: Same
    key: Same
    name = value(name_of, plain=("locale",), proven=True)
    name_en: Same
    name_zh: Same
    status: Same
    goal_metric: Same
    goal_direction: Same
    goal_target: Same
    goal_within: Duration
    created_at: Same
    updated_at: Same
    audience = one(read.audience_of, proven=True)
    actions = many(read.actions_of)


@view.query
class StrategyQueries:
    strategy = find("Strategy", requires=Scope.STRATEGIES_READ)
    strategies = pages(read.strategies, by=read.StrategyOrder, requires=Scope.STRATEGIES_READ)


@view.mutation
class StrategyMutations:
    strategy_save = write(
        save.strategy_save,
        row="strategy",
        problems=(Invalid, NameTaken, NotFound, VersionConflict),
        requires=Scope.STRATEGIES_WRITE,
        ids={"id": "Strategy"},
        says={"id": "The strategy to save anew; a new one is made without."},
    )
    strategy_transition = write(
        save.strategy_transition,
        row="strategy",
        problems=(NotFound, VersionConflict, save.InvalidTransition),
        requires=Scope.STRATEGIES_WRITE,
        ids={"id": "Strategy"},
        says={"id": "The strategy to move."},
    )
