"""When does the framework win? Batch size, width, depth and threads, one at a time.

`sweep` says what is measured, `measure` measures within a budget, `winners` finds who
is faster where. Nothing here prints or draws.
"""
