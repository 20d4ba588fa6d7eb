"""A new release gets a few requests first, and more in steps for as long as it does well."""
