"""Do stored results still hold?"""
