"""How FlagForge is put on machines: images, compose, charts, nginx, and two programs that shift requests to a new release."""
