"""Control's side of the gateway protocol: snapshots out by long poll, blobs, traffic in."""
