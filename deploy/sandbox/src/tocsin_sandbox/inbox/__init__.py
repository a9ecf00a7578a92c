"""What people and programs see of the mailbox: a JSON API and a page."""
