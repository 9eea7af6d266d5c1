"""A whole class of students: many files checked, one process each, and a table of them.

`submissions.py` finds the files (folders, notebooks), `marks.py` checks them side by
side, `summary.py` prints, `files.py` writes CSV and Gradescope's results. Refuses to
give marks: it counts gates, and the teacher decides.
"""
