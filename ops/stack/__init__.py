"""The stack that runs on one server: its settings, its compose file's rules, and what makes its databases ready."""
