"""What is agreed: measures, judges and prices of a term, one file each."""
