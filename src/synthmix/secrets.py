"""Passwords and keys: what looks like one, and texts without them. Light: imports nothing."""

from __future__ import annotations

import os
import re
from functools import cache

MASK = "***"
SHORTEST = 8  # of a value that is masked wherever it stands: a shorter one is part of many words

# The password in user:password@, as SQLAlchemy reads it, and one among the options of an address.
IN_ADDRESS = re.compile(r"(://[^:/@\s]*:)(?:[^@\s]*@)+")
IN_OPTIONS = re.compile(r"([?&](?:password|passwd|pwd|token|secret|sslpassword)=)[^&\s'\"]+", re.IGNORECASE)
SECRET = re.compile(
    r"SECRET|TOKEN|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|API_?KEY|(?:^|_)(?:KEY|PW|PAT|DSN|AUTH|PRIVATE)(?:$|_)|_PWD$",
    re.IGNORECASE,
)


@cache
def looks_secret(name: str) -> bool:
    """Whether a variable of this name holds what nobody else should see.

    Example:
        >>> looks_secret("AWS_SECRET_ACCESS_KEY"), looks_secret("GITHUB_TOKEN"), looks_secret("KEYBOARD")
        (True, True, False)
    """
    return SECRET.search(name) is not None


def without_password(address: str) -> str:
    """An address without the password that it may hold.

    Example:
        >>> without_password("postgresql://me:swordfish@host/db?sslpassword=x")
        'postgresql://me:***@host/db?sslpassword=***'
    """
    return IN_OPTIONS.sub(rf"\1{MASK}", IN_ADDRESS.sub(rf"\1{MASK}@", address))


def masked(text: str) -> str:
    """A text without passwords in addresses, and without the values of variables that look secret."""
    text = without_password(text)
    for name, value in os.environ.items():
        is_path = value.startswith("/")  # of SSH_AUTH_SOCK, for instance
        if len(value) >= SHORTEST and not is_path and value in text and looks_secret(name):
            text = text.replace(value, MASK)
    return text
