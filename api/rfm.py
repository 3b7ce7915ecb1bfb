"""RFM over GraphQL: ways to score customers, kept by the merchant, and the scores of a customer."""

from api.graph.field import Same, find, load, many, value, write
from api.rule_nodes import spoken
from api.rules import declare
from api.scopes import Scope
from api.views import view
from domain.catalogue.install import rfm_config_install
from domain.orders.rfm import config
from domain.orders.rfm import read as rfm
from domain.refusal import Invalid, NameTaken, NotFound, VersionConflict
from domain.rules.issues import RuleInvalid
from domain.rules.scoring import Scoring
from domain.segments import rfm_save, rfm_shown
from domain.segments.save import InUse
from domain.text import label_of, name_of

declare(view, Scoring, "RfmScoringInput")


@view(rfm.RfmScore)
class RfmScore:
    recency: Same
    frequency: Same
    monetary: Same
    code: Same
    label: str | None = value(label_of, plain=("locale",))
    last_order_at: Same
    orders: Same
    spend: Same


@view(rfm_shown.RfmLabel)
class RfmLabel:
    key: Same
    name = spoken(str, "What customers with these scores are called.")


@view(config.RfmConfig, "rfm", requires=Scope.SEGMENTS_READ)
class RfmConfig:
    version: Same
    key: Same
    name = value(name_of, plain=("locale",), proven=True)
    name_en: Same
    name_zh: Same
    scoring: Same
    labels = load(rfm_shown.labels_of)
    template: Same
    created_at: Same
    updated_at: Same


@view.query
class RfmQueries:
    rfm_configs = many(rfm.rfm_configs, requires=Scope.SEGMENTS_READ)
    rfm_config = find("RfmConfig", requires=Scope.SEGMENTS_READ)


@view.mutation
class RfmMutations:
    rfm_config_save = write(
        rfm_save.rfm_config_save,
        row="rfm_config",
        problems=(Invalid, RuleInvalid, NameTaken, NotFound, VersionConflict, InUse),
        requires=Scope.SEGMENTS_WRITE,
    )
    rfm_config_install = write(
        rfm_config_install,
        row="rfm_config",
        success="RfmConfigInstallSuccess",
        extra=("created",),
        result="RfmConfigInstallResult",
        problems=(NotFound,),
        requires=Scope.SEGMENTS_WRITE,
    )
