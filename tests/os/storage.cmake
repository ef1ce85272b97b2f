# Sources are listed by hand.
