"""Delivery: a finished release put where its recipient collects it, in an S3-compatible store or over SFTP."""
