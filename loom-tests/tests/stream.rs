use forebay_loom_tests::suite;

suite!(stream:
    leave_vs_leave_vs_open_polling,
    leave_vs_leave_vs_open_blocking,
    reopened_ends_anew,
    end_is_told_polling,
    end_is_told_blocking,
    cancel_vs_send,
    parked_send_vs_parked_recv,
    sender_leaves_parked_recv,
    receiver_leaves_parked_send,
    drain_wakes_parked_send,
    recv_wakes_parked_send,
);
