"""What an API promises: contracts read from OpenAPI and Swagger documents, compiled to operations."""
