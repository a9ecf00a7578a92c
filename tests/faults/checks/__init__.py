"""One module per invariant, or per part of a large one; `findings` of each reads an index and tells what is broken."""
