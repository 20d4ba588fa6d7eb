"""What numbers say about variants: effects with their intervals, which may be looked at daily, how many subjects it takes."""
