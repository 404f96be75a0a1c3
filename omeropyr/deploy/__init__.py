"""What an admin runs once or now and then, beside the server."""
