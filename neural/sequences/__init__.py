"""Sequences: translation, captions, documents, and the decoder that they share."""
