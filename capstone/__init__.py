"""The capstone: one running system from all seven components."""
