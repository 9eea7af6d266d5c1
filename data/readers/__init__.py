"""The readers: one module for each kind of file, all of them fed with `Item`s.

`items` lists what a path holds, packed or not. `arrays` reads IDX, NPY, NPZ and MATLAB
files, `tables` CSV, `parquet` Parquet, `class_folders` pictures in one folder per
class, and `openml` asks openml.org. `roles` says what names mean, and `parts` which
file is read by whom. Nothing pickled is ever loaded.
"""
