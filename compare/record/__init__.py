"""What a measurement leaves: plan, results, verdicts, model file."""
