"""Valid requests, made from what a contract declares."""

from mockops.mocking.rules.samples.sampler import SampleImpossible, Sampler, sample_request

__all__ = ["SampleImpossible", "Sampler", "sample_request"]
