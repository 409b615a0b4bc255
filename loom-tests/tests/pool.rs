use forebay_loom_tests::suite;

suite!(pool:
    get_vs_trim_polling,
    get_vs_trim_blocking,
    trim_vs_trim,
    fill_vs_fill,
    fill_vs_get_vs_trim,
    epoch_vs_first_get,
    put_on_other_thread_polling,
    put_on_other_thread_blocking,
);
