"""Telling others that an output changed: WebSub pings, notifications, webhooks (docs/push.md).

    changed stories --plan.plan_deliveries--> Deliveries          pure
     | outbox.queue                                                one transaction; queueing twice is harmless
     | outbox.due --arrange.arrange--> Messages                    pure: the cap per hour, summaries
     | courier.Courier.drain -> senders.open_channels              IO: at least once, each channel by itself
     v outbox.done | retry | dead

Nothing is imported here, so that who needs the records alone does not load HTTP and mail.
"""
