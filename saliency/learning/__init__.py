"""Learning by gradient descent: AdamW, the training loop, convolution."""
