import { dockerProblem } from './docker.ts';

const problem = await dockerProblem();
if (problem !== undefined) process.stderr.write(`skipped, as it needs containers: ${problem}\n`);

/** `describe` where this machine can run containers; elsewhere the tests are skipped, and one line says why. */
export const describeInCluster = problem === undefined ? describe : describe.skip; // The reason has been printed.
