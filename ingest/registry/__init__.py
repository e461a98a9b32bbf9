"""The registry: who sells, who pays, what is measured, and which device serves which asset when."""
