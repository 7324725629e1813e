#!/bin/sh
# Makes a root file system that kind accepts as a node, as kind's own Dockerfile does from its base image; what is different is said.
# Arguments: the folder (with Debian in it), kind's own files for it, the folders of Kubernetes' programs and of CNI plugins, the versions of
# Kubernetes and of the pause image, the configuration of the network.
set -eu
root=$1 files=$2 kubernetes=$3 cni=$4 version=$5 pause=$6 network=$7

for part in usr etc kind LICENSES; do (cd "$files" && find "$part" -type f); done | while read -r file; do
  case $file in usr/local/bin/* | kind/bin/*) mode=0755 ;; *) mode=0644 ;; esac
  install -D -m "$mode" "$files/$file" "$root/$file"
done

# systemd inside a container: nothing of the machine's own is started.
rm -f "$root"/lib/systemd/system/sysinit.target.wants/systemd-tmpfiles-setup.service "$root"/lib/systemd/system/multi-user.target.wants/* \
  "$root"/lib/systemd/system/local-fs.target.wants/* "$root"/lib/systemd/system/sockets.target.wants/*udev* \
  "$root"/lib/systemd/system/sockets.target.wants/*initctl* "$root"/lib/systemd/system/basic.target.wants/* "$root"/etc/systemd/system/*.wants/*
echo 'ReadKMsg=no' >>"$root/etc/systemd/journald.conf"
ln -sf /usr/lib/systemd/systemd "$root/sbin/init"
systemctl --quiet --root="$root" enable kubelet.service containerd.service undo-mount-hacks.service
systemctl --quiet --root="$root" mask systemd-binfmt.service

# containerd is Debian's; kind's units look for it where a build of it would be.
for program in containerd ctr containerd-shim-runc-v2; do ln -sf "/usr/bin/$program" "$root/usr/local/bin/$program"; done
install -d "$root/etc/kubernetes/manifests" "$root/etc/cni/net.d" "$root/kind/manifests" "$root/opt/cni/bin"
for program in kubelet kubeadm kubectl; do install -m 0755 "$kubernetes/$program" "$root/usr/bin/"; done
install -m 0755 "$cni"/* "$root/opt/cni/bin/"
printf %s "$version" >"$root/kind/version"

# Every container starts from this: kind's hook, and the limits of the machine.
ctr oci spec | jq '.hooks.createContainer[.hooks.createContainer | length] |= . + {"path": "/kind/bin/mount-product-files.sh"} | del(.process.rlimits)' \
  >"$root/etc/containerd/cri-base.json"
sed -i "s#^\( *sandbox_image = \).*#\1\"registry.k8s.io/pause:$pause\"#" "$root/etc/containerd/config.toml"

# A machine whose containers lack CAP_SYS_RESOURCE lets nobody lower an oom_score_adj; elsewhere nothing is lost by not doing so.
sed -i '/^OOMScoreAdjust/d' "$root/etc/systemd/system/containerd.service"
sed -i 's/restrict_oom_score_adj = false/restrict_oom_score_adj = true/' "$root/etc/containerd/config.toml"

# One node needs no routes to others, so a configuration for plugins that are there anyhow takes the place of kind's own network daemon,
# and nothing asks for storage. kind applies both files to a new cluster.
install -m 0644 "$network" "$root/etc/cni/net.d/10-node.conflist"
for name in default-cni default-storage; do
  printf 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: %s-is-in-the-image\n  namespace: kube-system\n' "$name" >"$root/kind/manifests/$name.yaml"
done
