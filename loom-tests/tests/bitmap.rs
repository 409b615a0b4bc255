use forebay_loom_tests::suite;

suite!(bitmap:
    claim_vs_claim_vs_release_polling,
    claim_vs_claim_vs_release_blocking,
    claims_of_free_slots_succeed,
    get_many_vs_get_polling,
    get_many_vs_get_blocking,
    get_many_vs_get_many,
    batch_put_vs_claims_polling,
    batch_put_vs_claims_blocking,
    usage_vs_get_vs_put,
    gets_from_homes,
    get_beside_put_is_lowest_first,
    reserved_get_vs_get,
);
