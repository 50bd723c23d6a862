"""A language model behind an OpenAI-compatible server: the call, its errors, its cost, its prompts."""
