"""Why do two trainings differ? One setting at a time, measured."""
