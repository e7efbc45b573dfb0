"""Latency and throughput of konomi beside a naive peer, measured in one run on one machine."""
