"""A test double of Azure ML's control plane: the unmodified SDK v1 talks to it through a proxy that ends TLS on loopback.

Take the fixture `azure`: the environment leads the SDK to an empty workspace, config.json lies in the working folder, and
what a test then holds in its hand is an `AzureDouble`:

- `datasets.add`, `computes.add`, `models.add` put things there; `computes.quota`, `services.quota`, `jasmine.failure` say no;
- `jasmine.held`, `services.held`, `computes.polls` make runs, deployments and clusters wait; `release()` lets them go on;
- `faults.status`, `.reset`, `.truncated`, `.silent` strike requests by method and path, and count how often;
- `journal.to`, `.count` tell what was asked; `journal.strays` is everything that must not happen, and fails the test.

Submitted runs are really trained (`training.py`), deployed services really serve (`scoring.py`), each in a process. By hand:
`python -m tests.fakes.azure FOLDER`. The shapes of the answers follow what the SDK's own deserialisers read and, for runs, public
exports of real ones; none was compared with the live service, so a test on them proves the right use of the SDK and no more.
"""
