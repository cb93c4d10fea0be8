# fails: test_tiles_and_sheets_are_apart
# It answers with addresses that look right, and holds nothing there.
cat > /usr/local/sbin/pressd <<'END'
#!/usr/bin/python3 -IS
import os, socket
open("/proc/self/comm", "w").write("pressd")
if os.path.exists("/run/pressd.sock"):
    os.unlink("/run/pressd.sock")
listener = socket.socket(socket.AF_UNIX)
listener.bind("/run/pressd.sock")
listener.listen(8)
heap = next(int(line.split("-")[0], 16) for line in open("/proc/self/maps") if "[heap]" in line)
while True:
    client = listener.accept()[0]
    client.recv(4096)
    tiles = [hex(heap + 2048 * number) for number in range(300)]
    client.sendall(" ".join(tiles + [hex(0x7fff00000000 + (number << 24)) for number in range(6)]).encode() + b"\n")
    client.close()
END
sv restart pressd
