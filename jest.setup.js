import { jest } from '@jest/globals';

// Nothing here measures time: a machine that is busy must not make a test fail.
jest.setTimeout(60_000);

// @dot-i/k8s-operator is CommonJS and requires the ES module client-node; jest can do that only for a module that is loaded already. It
// is a big one, so only those tests load it that may come by the operator.
const mayMeetOperator = /[/\\]operator[/\\](statuses[/\\]|reconcilers[/\\]|[^/\\]+$)|[/\\]e2e[/\\]/;
if (mayMeetOperator.test(expect.getState().testPath ?? '')) await import('@kubernetes/client-node');
