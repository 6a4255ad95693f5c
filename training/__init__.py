"""How the bundled model was made: text in, a MarianMT model directory out."""
