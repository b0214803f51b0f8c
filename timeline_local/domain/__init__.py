"""The rules of the diary, in plain Python.

Why this room exists: what a day is, which clock to believe, when two records are the same and what a search means
must be decidable without a database, a web framework or a file. Standard library only; everybody may import it.
"""
