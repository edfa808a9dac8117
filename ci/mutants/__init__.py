"""A mutation study: seeded regressions, and which of CI's verbs catches each."""
