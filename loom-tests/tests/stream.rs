use forebay_loom_tests::suite;

suite!(stream:
    leave_vs_leave_vs_open_polling,
    leave_vs_leave_vs_open_blocking,
    reopened_ends_anew,
    end_is_told_polling,
    end_is_told_blocking,
    cancel_vs_send,
    sink_closes_vs_recv,
    send_vs_recv_waiting_threads,
    send_vs_recv_waiting_tasks,
    sender_leaves_waiting_recv_thread,
    sender_leaves_waiting_recv_task,
    receiver_leaves_waiting_send_thread,
    receiver_leaves_waiting_send_task,
    drain_wakes_waiting_send,
    recv_wakes_waiting_send,
    watermark_vs_send_vs_close,
    watermark_raised,
    dropped_recv_loses_nothing,
    dropped_recv_is_not_woken,
    dropped_send_keeps_token,
);
