use forebay_loom_tests::suite;

suite!(shared:
    drop_vs_drop_vs_get_polling,
    drop_vs_drop_vs_get_blocking,
    clone_vs_clone,
    clone_vs_drop,
    unshare_vs_drop_polling,
    unshare_vs_drop_blocking,
    unshare_vs_unshare,
    unshare_vs_clone,
);
