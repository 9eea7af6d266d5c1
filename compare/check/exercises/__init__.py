"""Files with a mistake in them, for teachers and for those who like to search."""
