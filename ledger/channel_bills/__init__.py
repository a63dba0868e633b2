"""Bills of payment channels: what WeChat, Alipay and acquirers say a shop was paid, and for which time."""
