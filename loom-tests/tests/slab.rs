use forebay_loom_tests::suite;

suite!(slab:
    insert_vs_insert_polling,
    insert_vs_insert_blocking,
);
