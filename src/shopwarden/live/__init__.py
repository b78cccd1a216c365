"""The live feed's room: states of visitors go into a stream per store, and from there to everybody who watches."""
