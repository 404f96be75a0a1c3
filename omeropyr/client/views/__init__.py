"""The views of the browser client: read and check the URL, call logic with `request.conn`, answer."""
