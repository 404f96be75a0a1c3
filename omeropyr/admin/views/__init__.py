"""The views of administration: read and check the form, call logic with `request.conn`, answer."""
