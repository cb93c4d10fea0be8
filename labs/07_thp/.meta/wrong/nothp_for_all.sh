# fails: test_huge_where_it_pays
# Inherited from the one that starts all services: the job's pages are small, and so are stardb's.
echo always > /sys/kernel/mm/transparent_hugepage/enabled
sed -i 's,^exec /usr,exec nothp /usr,' /etc/service/*/run
sed -i 's,^exec nothp.*,& advise,' /etc/sv/stardb/run
