{
  "targets": [
    {
      "target_name": "poller",
      "sources": ["native/poller.c"],
      "cflags": ["-std=gnu11", "-Wall", "-Wextra"]
    }
  ]
}
