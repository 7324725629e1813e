import { stringify } from 'yaml';
import { kubernetesVersion } from '../../harness/assets/kubernetes-binaries.ts';

const POD_SUBNET = '10.244.0.0/16';
const SERVICE_SUBNET = '10.96.0.0/16';

/** What kubeadm makes a one-node cluster from, at the address that the node's container was given; YAML. */
export function kubeadmConfig(address: string, version = `v${kubernetesVersion}`): string {
  const kubeadm = { apiVersion: 'kubeadm.k8s.io/v1beta4' };
  return [
    {
      ...kubeadm,
      kind: 'ClusterConfiguration',
      kubernetesVersion: version,
      clusterName: 'gatehouse-e2e',
      controlPlaneEndpoint: `${address}:6443`,
      apiServer: { certSANs: ['localhost', '127.0.0.1'] },
      networking: { podSubnet: POD_SUBNET, serviceSubnet: SERVICE_SUBNET },
    },
    {
      ...kubeadm,
      kind: 'InitConfiguration',
      localAPIEndpoint: { advertiseAddress: address, bindPort: 6443 },
      // The one node takes pods of all kinds.
      nodeRegistration: {
        criSocket: 'unix:///run/containerd/containerd.sock',
        taints: [],
        kubeletExtraArgs: [
          { name: 'node-ip', value: address },
          { name: 'node-labels', value: 'topology.kubernetes.io/zone=zone-a' },
        ],
      },
    },
    {
      apiVersion: 'kubelet.config.k8s.io/v1beta1',
      kind: 'KubeletConfiguration',
      // The node is a container: its cgroups are below this one, and its disk and its memory are the machine's.
      cgroupDriver: 'systemd',
      cgroupRoot: '/kubelet',
      failSwapOn: false,
      failCgroupV1: false,
      imageGCHighThresholdPercent: 100,
      evictionHard: { 'nodefs.available': '0%', 'nodefs.inodesFree': '0%', 'imagefs.available': '0%' },
      // How soon a changed Secret is in the pods that have it mounted.
      syncFrequency: '5s',
      // Some machines let nobody lower it.
      oomScoreAdj: 0,
    },
    {
      apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
      kind: 'KubeProxyConfiguration',
      mode: 'iptables',
      // A test that waits for endpoints waits for this.
      iptables: { minSyncPeriod: '100ms' },
      // A setting of the machine's kernel, and not a container's to change.
      conntrack: { maxPerCore: 0 },
      oomScoreAdj: 0,
    },
  ]
    .map((document) => stringify(document))
    .join('---\n');
}

/** DNS for a cluster that has nobody to ask: what is not in the cluster is not at all, and that is said at once. One replica is enough. */
export const LONELY_DNS = [
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'coredns', namespace: 'kube-system' },
    data: {
      Corefile: `cluster.local:53 in-addr.arpa:53 ip6.arpa:53 {
    errors
    health
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        pods insecure
        ttl 5
    }
}
.:53 {
    template ANY ANY {
        rcode NXDOMAIN
    }
}
`,
    },
  },
];
