"""The views of the gateway: read and check the URL, call logic with `request.conn`, answer."""
