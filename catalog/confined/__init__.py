"""What may end, hang or outgrow the process that it runs in, and so runs in one of its own?

Queries, files and chunks of strangers. A process is started for them (``process``), gives up what the work does not need before
it sees any of it (``child``), works on one task after the other, and is killed when the time is up or its asker leaves. A
``pool`` keeps some ready, and ``places`` says how many work at once and how many wait. What is worked on is the business of the
floors above: each names a module of its own that runs inside.
"""
