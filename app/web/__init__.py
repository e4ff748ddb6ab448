"""What every page needs: the shell, errors, languages, CSRF."""
