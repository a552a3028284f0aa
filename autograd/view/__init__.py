"""Printers and pictures of graphs; they read a graph and never change it."""
