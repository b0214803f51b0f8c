"""How fast the whole application is, as ratios to a bare server on the same machine in the same run.

floor is the bare server, generate the library both serve, run the table. Nothing in timeline_local may import this.
"""
