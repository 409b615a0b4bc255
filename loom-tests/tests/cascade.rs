use forebay_loom_tests::suite;

suite!(cascade:
    both_orders_threads,
    both_orders_tasks,
    nested_vs_stream,
    gathering_vs_get,
    two_of_one_pool,
    gathering_is_dropped,
);
