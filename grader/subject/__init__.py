"""The subject: the process that holds the submission, answers calls and knows no expectation."""
