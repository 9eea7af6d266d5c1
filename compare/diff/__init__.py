"""Two folders of results: what differs, and has anything got worse?"""
