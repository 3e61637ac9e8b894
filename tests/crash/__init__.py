"""The gateway dies at every named point and at random moments, and the books are compared with the panels."""
