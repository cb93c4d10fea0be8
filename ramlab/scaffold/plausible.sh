# fails: test_the_setting_is_made
# TODO: why a learner who has half understood would try this.
