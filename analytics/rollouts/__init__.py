"""Progressive rollouts: how a variant comes to more and more people, each step taken exactly once, and waited for."""
