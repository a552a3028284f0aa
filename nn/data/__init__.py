"""Data sets: built-in ones, the reader's own CSV files, and what they need before training.

    load, names             the built-in data sets
    read_csv, read_rows     tables from CSV files, to train on and to predict from
    split, Standardizer     a training and a test set; columns with mean 0 and deviation 1
    one_hot                 1-of-K coding of class indices

Everything is plain Python numbers in lists. Only the built-in sets that scikit-learn makes or
ships need it, and it is imported when one of them is loaded.

PRML is C. M. Bishop, "Pattern Recognition and Machine Learning", 2006.
"""

from .builtin import load, names
from .coding import one_hot
from .dataset import Dataset, split
from .scaling import Standardizer
from .tables import read_csv, read_rows

__all__ = [
    "Dataset",
    "Standardizer",
    "load",
    "names",
    "one_hot",
    "read_csv",
    "read_rows",
    "split",
]
