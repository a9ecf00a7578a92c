"""One module per invariant; `findings` of each reads a history and tells what is broken."""
