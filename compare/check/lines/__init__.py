"""The user's own lines: what each computes, and which is the first to go wrong.

`rewriting.py` and `expressions.py` give every expression of a file a hook,
`watching.py` puts the rewritten functions in place while a question is answered,
`recorder.py` keeps what the hooks see (or puts another value in its place).
`batch_quantities.py` and `training_quantities.py` have what a right computation holds,
`naming.py` says which of these an array is. `questions.py` and `lending.py` have what
is asked.

`search.py` finds the line whose correction mends everything: `suspicion.py` says what
may be wrong, `attempts.py` and `single_values.py` what may be put where,
`experiment.py` runs the code with it, `choice.py` and `blame.py` decide between places
that mend as much. `unexplained.py` has what is told where none does. `relation.py`,
`known_functions.py` and `partly_right.py` put the difference in words, `computing.py`
what each line computes, `training.py` states what a training did, and `text.py` prints
it.

Refuses to guess from the text of the code: what is said was seen in numbers.
"""
