"""Embeddings that keep neighbours together, by optional packages: UMAP and t-SNE."""
