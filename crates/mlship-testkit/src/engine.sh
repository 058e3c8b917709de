# Keeps a Docker Engine for as long as tests use it: `engine.sh FOLDER`. What uses it holds a
# shared lock on FOLDER/used; nobody for a minute, and the engine and all that it holds are gone.
folder=$1
# In a container with one tree of control groups, those with processes cannot have groups below
# them: the processes of the top go into a group of their own first.
if [ -f /sys/fs/cgroup/cgroup.controllers ] && [ "$(cat /proc/1/cgroup)" = "0::/" ]; then
    mkdir -p /sys/fs/cgroup/init
    xargs -rn1 </sys/fs/cgroup/cgroup.procs >/sys/fs/cgroup/init/cgroup.procs 2>/dev/null || :
    sed -e 's/ / +/g' -e 's/^/+/' </sys/fs/cgroup/cgroup.controllers \
        >/sys/fs/cgroup/cgroup.subtree_control
fi
dockerd \
    --host "unix://$folder/docker.sock" \
    --data-root "$folder/data" \
    --exec-root "$folder/exec" \
    --pidfile "$folder/pid" \
    --bridge none --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false \
    >"$folder/log" 2>&1 &
engine=$!
idle=0
while [ "$idle" -lt 30 ] && kill -0 "$engine" 2>/dev/null; do
    sleep 2
    if flock --exclusive --nonblock "$folder/used" true; then idle=$((idle + 1)); else idle=0; fi
done
# Who comes now waits for the lock, and finds no engine.
exec 9>"$folder/used"
flock --exclusive 9
kill "$engine" 2>/dev/null
wait "$engine"
# The host's network was mounted there for containers that use it.
umount "$folder/exec/netns/default" 2>/dev/null
rm -rf "$folder/data" "$folder/exec" "$folder/docker.sock"
