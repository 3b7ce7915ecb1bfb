"""Templates over GraphQL: what the product brings along, what it would find, and installing it."""

from typing import Annotated

from api.graph.field import Field, Same, load, many, one, value, write
from api.graph.scalars import Json
from api.rule_nodes import spoken
from api.scopes import Scope
from api.segments import CountResult
from api.views import view
from domain.catalogue import install, preview, read
from domain.catalogue.parameter import ParameterType
from domain.refusal import Invalid, NotFound
from domain.words import Says, Words

view.enum(read.TemplateKind, SEGMENT="A segment.", RFM_CONFIG="A way to score customers.")
view.enum(
    ParameterType, INTEGER="A whole number.", DECIMAL="A number, or its text.", TEXTS="A text, or a list of texts."
)
view.enum(preview.TemplateWarningCode, NO_DATA="Nobody has any of the data it asks for.")


@view(read.TemplateParameter)
class TemplateParameter:
    key: Same
    label = spoken(str, "What people call it.")
    type: Same
    unit: Same
    default: Annotated[Json | None, Says(Words("default", "默认值"), "Null when it must be given.")]
    minimum: Same
    maximum: Same
    from_source: Same


@view(preview.TemplatePreview)
class TemplatePreview:
    name = spoken(str, "What its segment will be called.")
    text = spoken(str, "The rule as its canonical text.")
    description = spoken(str, "The rule as a sentence for people.")
    count = Field(
        "part",
        hint=CountResult | None,
        cost=10,
        doc="How many are members now; null when it reads personal data that the caller may not see.",
    )
    warnings = Field("part", hint=list[preview.TemplateWarning], cost=10, doc="What the merchant has no data of yet.")


@view(read.Template)
class Template:
    key: Same
    kind: Same
    source: Same
    passage: Same
    name: str = load(read.names_of)
    description: str = load(read.descriptions_of)
    parameters = load(read.parameters_of)
    preview = load(read.previews_of, hint="TemplatePreviewResult | None")
    installed: bool = value(read.is_installed, proven=True)
    segments = many(read.segments_of)


view.union("TemplatePreviewResult", preview.TemplatePreview, Invalid)


@view.query
class TemplateQueries:
    templates = many(read.templates, says={"kind": "Only those that make this."}, requires=Scope.SEGMENTS_READ)
    template = one(read.template, requires=Scope.SEGMENTS_READ)


@view.mutation
class TemplateMutations:
    template_install = write(
        install.template_install,
        row="segment",
        success="TemplateSuccess",
        extra=("created", "dependencies"),
        result="TemplateResult",
        problems=(Invalid, NotFound),
        requires=Scope.SEGMENTS_WRITE,
    )
