"""Measuring: fresh processes, fixed threads, interleaved rounds, one clock."""
