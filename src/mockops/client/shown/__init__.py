"""What a server answers, as frozen structs; a test holds them against the API's own description."""
