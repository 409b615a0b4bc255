use forebay_loom_tests::suite;

suite!(latest: write_vs_get_polling, write_vs_get_blocking, writer_taken_again, reader_taken_again);
