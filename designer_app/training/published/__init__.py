"""Published data sets as they are on disk: one file a set, read from the user's data folder.

None of them is part of the program; what was learned from them is, with its origin.
"""
