"""What a client tells its server: counted, summed up, and sent in batches."""
