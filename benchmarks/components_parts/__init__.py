"""The parts of ``components.py``: one module per challenge, and what they share."""
