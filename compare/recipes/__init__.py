"""Named trainings, beside what others report of them."""
