"""Features: runs the SQL models, freezes what they made, holds it against its expectations, publishes a version."""
