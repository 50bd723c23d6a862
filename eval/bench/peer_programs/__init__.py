"""One program a system that `make bench-peers` compares, all behind the same two stages (program.py).

Each but ours.py runs in the peers' own environment, which has none of this project's packages: nothing here
imports `rag` at the top.
"""
