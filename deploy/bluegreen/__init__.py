"""A new release gets all requests at once, and loses them at once where it does badly."""
