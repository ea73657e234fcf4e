"""The judge: runs a hidden suite against a subject it never imports, and alone decides."""
