"""Learning by gradient descent: gradients, AdamW, the training loop, convolution, and trainings that can be resumed."""
