"""The one form in which words are compared: small letters without marks, so that ä is found typed as a and as ä."""

import re
import unicodedata

_LETTERS = str.maketrans({"ø": "o", "đ": "d", "ł": "l", "ð": "d", "ħ": "h", "æ": "ae", "œ": "oe", "ß": "ss", "þ": "th"})
_MARKS = re.compile("[\u0300-\u036f]")
_WORD = re.compile(r"[^\W_]+")
TOKEN_LENGTH = 120


def fold(text: str) -> str:
    """Return the text in small letters, without accents and dots."""
    if text.isascii():
        return text.lower()
    plain = _MARKS.sub("", unicodedata.normalize("NFKD", text.lower()))
    return plain.lower().translate(_LETTERS)


def words(text: str) -> list[str]:
    """Return the folded words of a text in their order, each once."""
    return list(dict.fromkeys(word[:TOKEN_LENGTH] for word in _WORD.findall(fold(text))))


def digits(text: str) -> str:
    """Return only the digits of a text."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", text) if sign.isascii() and sign.isdigit())


def after_prefix(prefix: str) -> str:
    """Return the first text after all that begin with the prefix, in the order of collation C."""
    return prefix + "\U0010ffff"
