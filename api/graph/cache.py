"""What is remembered of documents: their plans in a decision tree, and the documents most recently used."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

from api.graph.choice import Choices
from api.graph.planning import Plan
from api.graph.request import Env, Getter

Key = TypeVar("Key", bound=Hashable)
Kept = TypeVar("Kept")


class Lookout:
    """A decision tree: at each node one look at the request; its value leads on; a leaf is a plan."""

    __slots__ = ("branches", "getter", "plan")

    def __init__(self) -> None:
        self.getter: Getter | None = None
        self.branches: dict[Any, Lookout] = {}
        self.plan: Plan | None = None

    def find(self, env: Env) -> Plan | None:
        """The plan that fits this request, if there is one."""
        node = self
        while node.plan is None:
            if node.getter is None:
                return None
            found = node.branches.get(node.getter(env))
            if found is None:
                return None
            node = found
        return node.plan

    def add(self, looks: list[tuple[Getter, Any]], env: Env, plan: Plan) -> None:
        """Keep a plan under what its planner looked at.

        Planning is deterministic, so equal beginnings of looks are the same beginning.
        """
        node = self
        for getter, _ in looks:
            node.getter = node.getter or getter
            node = node.branches.setdefault(node.getter(env), Lookout())
        node.plan = plan


class Plans:
    """The plans of one document.  When there are too many leaves, all are forgotten and made again as needed."""

    __slots__ = ("choices", "leaves", "most", "numbered", "shapes", "trees")

    def __init__(self, most: int) -> None:
        self.most, self.leaves, self.numbered = most, 0, 0
        self.choices = Choices()
        self.trees: dict[Any, Lookout] = {}
        self.shapes: dict[Any, int] = {}

    def number(self, key: Any) -> int:
        """A number for the structure of some SQL: such keys are large, and looked at in every request.

        No number is given twice, even when what it stood for is forgotten: an operation may hold it still.
        """
        if key not in self.shapes:
            self.numbered += 1
            self.shapes[key] = self.numbered
        return self.shapes[key]

    def find(self, tree: Any, env: Env) -> Plan | None:
        """The plan of ``tree`` (an operation, or a mutation field's payload) for this request."""
        lookout = self.trees.get(tree)
        return lookout.find(env) if lookout else None

    def add(self, tree: Any, looks: list[tuple[Getter, Any]], env: Env, plan: Plan) -> None:
        """Keep a plan."""
        if self.leaves >= self.most:
            self.trees.clear()
            self.shapes.clear()
            self.leaves = 0
        self.leaves += 1
        self.trees.setdefault(tree, Lookout()).add(looks, env, plan)


class Recent(Generic[Key, Kept]):
    """A mapping that forgets what was used longest ago."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.kept: OrderedDict[Key, Kept] = OrderedDict()

    def get(self, key: Key) -> Kept | None:
        """What is kept, now the most recent."""
        found = self.kept.get(key)
        if found is not None:
            self.kept.move_to_end(key)
        return found

    def put(self, key: Key, kept: Kept) -> Kept:
        """Keep it; the oldest goes."""
        self.kept[key] = kept
        self.kept.move_to_end(key)
        if len(self.kept) > self.most:
            self.kept.popitem(last=False)
        return kept

    def get_or(self, key: Key, make: Callable[[], Kept]) -> Kept:
        """What is kept, made when it is not."""
        found = self.get(key)
        return found if found is not None else self.put(key, make())
