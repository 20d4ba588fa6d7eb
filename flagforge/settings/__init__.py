"""Settings: `base` holds every one; `test` and `production` change what they must."""
