"""The offline side: trains embeddings and ranker, builds the FAISS indexes, publishes artefacts."""
