# Runs in the machine, at the examiner's door, and says the memory's main figures every some seconds, in the form of
# ramlab's sampler.sh. Of that it is the cheap part: nobody asks for each sample, and cgroups are not walked.
# It ends when nobody hears it any more.
echo -1000 > /proc/self/oom_score_adj
exec perl -e '
my $wanted = qr/^((?:MemTotal|MemFree|Buffers|Cached|SwapTotal|SwapFree):.*)/m;
my %open;
sub text {
  my $handle = $open{$_[0]} //= do { sysopen(my $new, $_[0], 0) or exit 1; $new };
  sysseek $handle, 0, 0;
  my $text = "";
  1 while sysread $handle, $text, 16384, length $text;
  return $text;
}
while (1) {
  my $said = "uptime " . text("/proc/uptime");
  my $memory = text("/proc/meminfo");
  $said .= "meminfo $1\n" while $memory =~ /$wanted/g;
  text("/proc/vmstat") =~ /^(oom_kill .*)/m and $said .= "vmstat $1\n";
  syswrite STDOUT, "${said}end\n" or exit;
  select undef, undef, undef, 5;
}'
