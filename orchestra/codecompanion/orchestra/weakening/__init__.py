"""What a change would take away from a project's tests: none of it is let through when tests are mended."""
