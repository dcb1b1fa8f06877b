"""The whole program, from the outside: real processes, real HTTP on loopback, real databases."""
