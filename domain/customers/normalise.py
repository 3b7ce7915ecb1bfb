"""Contact details in the one form they are stored and compared in."""

from typing import Any

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from domain.refusal import ProblemCode
from domain.values import BadValue, Check, shown, text_of


def email(value: Any) -> str:
    """An e-mail address, lower case, its domain in Unicode.  Only its form is checked, not that it exists."""
    try:
        # Reserved names such as example.com and .test are nobody's: harmless to store.
        found = validate_email(text_of(value).strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise BadValue(
            ProblemCode.BAD_EMAIL, f"{shown(value)} is not an e-mail address.", f"{shown(value)} 不是电子邮箱地址。"
        ) from None
    return found.normalized.lower()


def phone_region_of(locale: str) -> str | None:
    """The country (ISO 3166) that a merchant's locale names, or its language has: of phone numbers that name none."""
    language, *subtags = locale.split("-")
    named = next((tag.upper() for tag in subtags if len(tag) == 2 and tag.isalpha()), None)
    # Chinese without a country is mainland China's; in the script of others it could be any of theirs.
    found = named or ("CN" if language.lower() == "zh" and "hant" not in locale.lower() else None)
    return found if found in phonenumbers.SUPPORTED_REGIONS else None


def phone(region: str | None = None) -> Check:
    """A phone number as E.164.  A number without a country code is one of ``region`` (ISO 3166, e.g. CN)."""

    def check(value: Any) -> str:
        try:
            found = phonenumbers.parse(text_of(value), region)
        except phonenumbers.NumberParseException:
            found = None
        if found is None or not phonenumbers.is_possible_number(found):
            raise BadValue(
                ProblemCode.BAD_PHONE,
                f"{shown(value)} is not a phone number (give the country code).",
                f"{shown(value)} 不是电话号码（请带国家代码）。",
            )
        return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)

    return check
