"""From pictures to answers: what is read, who is asked, how the answers are written."""
