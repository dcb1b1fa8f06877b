"""Telling others that an output changed: WebSub pings, notifications, webhooks (docs/push.md).

In: Changed stories, the outbox.
Out: Messages sent at least once, each told once by its key.
May import: publish, fetch, config, core.

    changed stories --plan.plan_deliveries--> Deliveries          pure
     | outbox.queue                                                one transaction; queueing twice is harmless
     | outbox.due --arrange.arrange--> Messages                    pure: the cap per hour, summaries
     | dispatcher.Dispatcher.drain -> senders.open_channels              IO: at least once, each channel by itself
     v outbox.done | retry | dead

Nothing is imported here, so that who needs the records alone does not load HTTP and mail.
"""
