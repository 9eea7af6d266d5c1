"""What is in this picture?"""
