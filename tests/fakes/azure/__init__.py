"""A test double of Azure ML's control plane: the unmodified SDK v1 talks to it through a proxy that ends TLS on loopback.

`fixture.py` starts it for a test, `double.py` is what a test holds in its hand, `proxy.py` is the way in, and every service
of Azure has a file of its own. The shapes of the answers follow what the SDK's own deserialisers read; none was compared with
the live service, so a test on them proves the right use of the SDK and not how Azure behaves.
"""
