"""Search: Polish text analysis, the full-text index and its place in a Substance D catalog.

The index answers with ids of documents and words; who may see what, and how it looks, is not its business.
"""
