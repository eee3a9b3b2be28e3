"""The gateway's side of the control ↔ gateway protocol: snapshots in, traffic out; knows no database."""
