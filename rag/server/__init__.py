"""The library over HTTP: REST, OpenAI's protocol, the Model Context Protocol."""
