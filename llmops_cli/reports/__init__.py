"""Values to text: terminal, markdown, JSON. No decision is taken here."""
