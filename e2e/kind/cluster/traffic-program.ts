/**
 * Constant traffic from where containers can be reached by their addresses. Argument: TrafficOptions as JSON. Goes on until stdin ends. Prints how many
 * requests have been answered, a line each time, and at last the report as JSON.
 */
import { once } from 'node:events';
import { during, type TrafficOptions } from '../../harness/traffic.ts';

// From the test that started this program.
const options = JSON.parse(process.argv[2] ?? '') as TrafficOptions;

const { pods, ...report } = await during(options, async (flow) => {
  const telling = setInterval(() => console.log(flow.answered()), 20);
  process.stdin.resume();
  await once(process.stdin, 'end');
  clearInterval(telling);
});
console.log(JSON.stringify({ ...report, pods: [...pods] }));
