"""The playground's page: what contexts get from flags in environments, and behind each cell the steps to its answer."""
