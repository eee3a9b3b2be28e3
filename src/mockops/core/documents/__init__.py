"""Documents that people write: JSON and YAML read as data, with positions, limits and exact complaints."""
