"""Data sets: built-in ones, the reader's own CSV files, and what they need before training.

    load, names             the built-in data sets
    read_table, read_csv    tables from CSV files as they lie: what was done is said
    Coding, read_rows       the same for new tables, to predict from
    split, Standardizer     a training and a test set; columns with mean 0 and deviation 1
    one_hot                 1-of-K coding of class indices

Everything is plain Python numbers in lists. Only the built-in sets that scikit-learn makes or
ships need it, and it is imported when one of them is loaded. Numbers out of their range and data
that do not fit together raise ValueError, in one sentence with the place and the remedy.
"""

from .builtin import load, names
from .coding import Coding
from .dataset import Dataset, one_hot, split
from .scaling import Standardizer
from .tables import Reading, read_csv, read_rows, read_table

__all__ = [
    "Coding",
    "Dataset",
    "Reading",
    "Standardizer",
    "load",
    "names",
    "one_hot",
    "read_csv",
    "read_rows",
    "read_table",
    "split",
]
