"""Keys and names: the grammar of keys, names in two languages, and which of them a caller reads."""

import re
from dataclasses import dataclass
from typing import Annotated, Any

from sqlalchemy import ColumnElement, func

from domain.refusal import invalid
from domain.words import Says, Words

KEY = re.compile(r"[a-z][a-z0-9_]{0,62}")
LONGEST_NAME = 200
_UNFIT = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Names:
    """A name in English, Chinese or both."""

    en: Annotated[str | None, Says(Words("English name", "英文名"))] = None
    zh: Annotated[str | None, Says(Words("Chinese name", "中文名"))] = None


def name_of(named: type[Any], locale: str | None = None, *, spoken: str) -> ColumnElement[str]:
    """The name, in the language asked for if there is one in it, else in the other."""
    return _in(locale or spoken, named.name_en, named.name_zh)


def label_of(labelled: type[Any], locale: str | None = None, *, spoken: str) -> ColumnElement[str]:
    """The label, in the language asked for if there is one in it, else in the other."""
    return _in(locale or spoken, labelled.label_en, labelled.label_zh)


def _in(locale: str, en: Any, zh: Any) -> ColumnElement[str]:
    return func.coalesce(*((zh, en) if locale.lower().startswith("zh") else (en, zh)))


def check_key(key: str) -> None:
    """Refuses with ``Invalid`` what is not a key: a lower-case letter, then up to 62 letters, digits, underscores."""
    if not KEY.fullmatch(key):
        raise invalid(
            ("input", "key"),
            "A key is a lower-case letter followed by up to 62 lower-case letters, digits or underscores.",
            "键必须以小写字母开头，其后最多 62 个小写字母、数字或下划线。",
        )


def check_names(names: Names, field: str = "name") -> None:
    """Refuses with ``Invalid`` when neither name is given, or one is blank, too long or cannot be stored."""
    given = [name for name in (names.en, names.zh) if name is not None]
    if not given or not all(map(is_name, given)):
        raise invalid(
            ("input", field),
            f"Give a name in English, Chinese or both, of 1 to {LONGEST_NAME} characters.",
            f"请提供英文名或中文名，长度为 1 至 {LONGEST_NAME} 个字符。",
        )


def is_name(text: str) -> bool:
    """Whether it is a name: not blank, not too long, and something that PostgreSQL and JSON can hold."""
    return bool(text.strip()) and len(text) <= LONGEST_NAME and not _UNFIT.search(text)
