"""From results to words: tables, sentences, warnings. Pure; nothing here prints."""
