"""The desk: one module for each thing a person does. Each checks who, checks when, acts, and logs."""
