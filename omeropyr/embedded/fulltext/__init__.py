"""Full text: the index beside the tables, Lucene's query syntax, and finding objects by it (docs/adr/0006)."""
