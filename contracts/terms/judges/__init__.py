"""Judges as agreed: what is made of measures and of the parties' own records. One file each."""
