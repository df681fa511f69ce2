"""Delta Sharing: a table that stays here and is read over TLS with a token, as long as its agreement is in force."""
