"""What finished runs come to: cells, tables, comparisons and pictures, all made from the records."""
