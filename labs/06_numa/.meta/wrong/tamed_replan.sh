# fails: test_replan_spills
# A job that asks for less is not the job.
sed -i 's/blocks.append(memory(int(size)))/blocks.append(memory(int(size) \/\/ 4))/' /usr/local/sbin/replan
sv restart replan
