use forebay_loom_tests::suite;

suite!(lanes:
    steal_vs_put_polling,
    steal_vs_put_blocking,
    steal_vs_get,
    steal_vs_steal,
    leave_vs_claim_lane_polling,
    leave_vs_claim_lane_blocking,
    thread_ends_vs_adopt_polling,
    thread_ends_vs_adopt_blocking,
    thread_number_reused,
    owner_of_a_used_number_lives,
    flush_vs_get_polling,
    flush_vs_get_blocking,
    tick_vs_get_vs_put,
    tick_vs_tick,
    detached_put_vs_lane_get_polling,
    detached_put_vs_lane_get_blocking,
    trim_vs_put_vs_steal,
    refill_vs_refill,
    get_vs_flush_half,
    reserved_get_vs_get,
);
