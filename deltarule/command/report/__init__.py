"""The page `report.html` that `deltarule train` writes."""
