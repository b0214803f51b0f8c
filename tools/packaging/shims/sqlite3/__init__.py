"""The one SQLite of the self-contained application, for libraries that import the interpreter's own.

PyInstaller finds this folder before the standard library, so the interpreter's SQLite, which may be an old one, is not
bundled at all. The wheel's module is the interpreter's own with another library inside.
"""

from sqlcipher3.dbapi2 import *  # noqa: F403 - all names, as the standard library's own module does it
