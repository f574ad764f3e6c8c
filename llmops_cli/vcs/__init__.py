"""The only door to git: batched reads of refs and blobs, plumbing writes, pushes that tell who won."""
