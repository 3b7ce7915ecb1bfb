"""How tests of one value are worded, in English and Chinese; a sentence says what the marks mean."""

from domain.rules.text.phrase import OWN, Phrase
from domain.words import Words

IS = Phrase("= {}", "= {}", says=Words("is {}", "为{}"))
IS_NOT = Phrase("!= {}", "!= {}", says=Words("is not {}", "不为{}"))
EMPTY = Phrase("is null", "为空", {OWN: True}, Words("is not known", "未知"))
FILLED = Phrase("is not null", "不为空", {OWN: False}, Words("is known", "已知"))
GT = Phrase("> {}", "> {}", says=Words("is more than {}", "大于{}"))
GTE = Phrase(">= {}", ">= {}", says=Words("is at least {}", "至少为{}"))
LT = Phrase("< {}", "< {}", says=Words("is less than {}", "小于{}"))
LTE = Phrase("<= {}", "<= {}", says=Words("is at most {}", "至多为{}"))
UNTIL = Phrase("< {}", "< {}", says=Words("is before {}", "早于{}"))
NOT_AFTER = Phrase("<= {}", "<= {}", says=Words("is not after {}", "不晚于{}"))
SINCE = Phrase("> {}", "> {}", says=Words("is after {}", "晚于{}"))
NOT_BEFORE = Phrase(">= {}", ">= {}", says=Words("is not before {}", "不早于{}"))
WITHIN = Phrase("in last {}", "在近 {}", says=Words("is within the last {}", "在最近{}内"))
AHEAD = Phrase("in next {}", "在未来 {}", says=Words("is within the next {}", "在未来{}内"))
IN_PERIOD = Phrase("in {}", "处于 {}", says=Words("is in this {}", "在本{}"))
ITSELF = Phrase("{}", "{}")
