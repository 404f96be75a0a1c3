"""The stores of session records, one file each; a client library is imported only where its store is chosen."""
