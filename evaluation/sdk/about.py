"""What this SDK calls itself."""

NAME = "flagforge-python"
VERSION = "0.1.0"
