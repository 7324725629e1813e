// @dot-i/k8s-operator is CommonJS and requires the ES module client-node; jest can do that only for a module that is loaded already. It
// is a big one, so only those tests load it that may need it.
if (/gateway-operator|[/\\]e2e[/\\]/.test(expect.getState().testPath ?? '')) await import('@kubernetes/client-node');
