"""The playground: a network that learns, beside the arithmetic of one update."""
