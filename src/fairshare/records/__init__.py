"""Records: the only thing that flows between rooms."""
