"""For authors of challenges: the proof that a suite accepts what is right and rejects what is wrong."""
