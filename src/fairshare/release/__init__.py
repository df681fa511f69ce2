"""Release: what may go is made ready, checked, sealed and accounted for."""
