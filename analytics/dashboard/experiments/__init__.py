"""The pages of experiments: lists, forms that guide, and what starts and ends them. What one has shown is a page of its own."""
