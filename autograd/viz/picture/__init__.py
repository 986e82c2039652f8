"""From a graph to a picture: which nodes become which boxes, and their texts and colours."""
