"""The bug zoo: small networks, each with one mistake, for tests and for teachers.

`correct.py` is a readable implementation without a mistake. A specimen (`specimens.py`)
is that file with one line changed; `exercises.py` writes specimens as files to mend.
"""
