"""Wire formats: bytes to readings or rejections, one file each."""
