"""The wire between judge and subject: framing, values by copy, references, lanes and their caps."""
