"""What runs of this installation, and how it is: for whoever runs it, and in short for each organization."""
