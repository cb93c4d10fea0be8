# fails: test_it_holds
# TODO: why a lazy learner would try this.
