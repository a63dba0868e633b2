"""Certificates of the articles: points set aside on paper for one purchase at one kind of shop."""
