use forebay_loom_tests::suite;

suite!(ring:
    push_vs_pop_polling,
    push_vs_pop_blocking,
    grant_vs_pop_ref_polling,
    grant_vs_pop_ref_blocking,
    push_slice_vs_pop_slice_polling,
    push_slice_vs_pop_slice_blocking,
    push_iter_vs_drain_polling,
    push_iter_vs_drain_blocking,
    producer_closes_polling,
    producer_closes_blocking,
    consumer_closes,
    take_vs_take,
    producer_taken_again_polling,
    producer_taken_again_blocking,
    consumer_taken_again_polling,
    consumer_taken_again_blocking,
);
