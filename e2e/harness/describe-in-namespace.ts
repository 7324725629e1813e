import { networkNamespaceProblem } from './network-namespace.ts';

const problem = await networkNamespaceProblem();
if (problem !== undefined) process.stderr.write(`skipped, as it needs a network namespace: ${problem}\n`);

/** `describe` where this machine can make network namespaces; elsewhere the tests are skipped, and one line says why. */
export const describeInNamespace = problem === undefined ? describe : describe.skip; // The reason has been printed.
