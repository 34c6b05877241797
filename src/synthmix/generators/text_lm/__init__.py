"""A language model of documents."""
