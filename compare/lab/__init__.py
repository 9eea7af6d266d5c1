"""Draw a digit, look inside, train, step through, break: a page on this machine."""
