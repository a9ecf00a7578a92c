"""PostgreSQL: migrations, and one module of SQL per idea."""
