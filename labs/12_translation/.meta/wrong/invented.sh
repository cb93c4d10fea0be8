# fails: test_the_address_is_taken_apart, test_the_frame_is_found, test_the_sharers_are_told_apart, test_the_faults_are_foretold
# Nobody looked anywhere.
answer indexes 0 255 510 12 3
answer byte 0
answer frame 0x1234
answer text BUOY-000000.
answer sharers anna elsa
answer faults_write 1
answer faults_look_then_write 1
answer faults_warm 0
answer faults_cold 1
