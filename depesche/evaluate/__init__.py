"""Figures that anyone can reproduce: how good, how fast and how large, on a user's own texts.

`texts` are read, `systems` run in turn, each in a process of its own (`apart`), `scores` compare
what came out with the references, and `report` shows it all; `briefs` does so for briefs.
"""
