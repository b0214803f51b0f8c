"""See the package."""

from sqlcipher3.dbapi2 import *  # noqa: F403
