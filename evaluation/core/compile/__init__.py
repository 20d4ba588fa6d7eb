"""From documents to frozen data: lenient about unknown members, strict about everything that it understands."""
