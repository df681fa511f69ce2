"""De-identifying a table: hierarchies of generalisation, models of protection, the search for both, risk and utility.

What comes out is de-identified, and still personal information unless a named person has judged otherwise.
"""
