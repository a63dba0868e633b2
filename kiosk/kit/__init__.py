"""The auditor's kit: one ZIP with the export of the book and a page that checks it without this program."""
