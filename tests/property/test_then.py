"""Who was in a segment of any random rule so long ago, is whom the oracle finds in the shop as it was.

``REGULARS_RULES=10000`` tries more of them, ``REGULARS_RULES_SEED=7`` others.
"""

import os
from dataclasses import replace

import pytest

from domain.rules.terms import SegmentTerms
from domain.segments.conditions.segment import InSegment
from tenancy.scope import Scope
from tenancy.tenant import Tenant
from tests.support.rules.draw import Draw
from tests.support.rules.judge import Judge, asking
from tests.support.rules.shop import id_of

RULES = int(os.environ.get("REGULARS_RULES", "300")) // 3
PORTION = 20
ANY = id_of(8, 21)


@pytest.mark.parametrize("first", range(0, RULES, PORTION))
async def test_who_was_in_a_segment_of_any_rule(judge: Judge, market: Tenant, scope: Scope, first: int) -> None:
    async with asking(scope, market) as session:
        for number in range(first, first + PORTION):
            question = judge.question(number)
            kept = {**judge.terms.segments, ANY: SegmentTerms("any", question.rule)}
            other = Judge(judge.shop, replace(judge.terms, segments=kept), judge.seed)
            asked = replace(question, rule=InSegment(id=ANY, at=Draw(f"then:{number}").duration()))
            assert await other.all_agree(session, asked), asked
