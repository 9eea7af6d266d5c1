"""Convolutional networks of other hands, right ones and wrong ones, for the checker."""
