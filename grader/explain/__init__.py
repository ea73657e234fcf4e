"""Says more about a failed run than its checks can each on their own: the mistake its failures look like."""
