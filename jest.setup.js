// @dot-i/k8s-operator is CommonJS and requires the ES module client-node; jest can do that only for a module that is loaded already.
await import('@kubernetes/client-node');
