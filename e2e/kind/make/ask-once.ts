/** Asks port 80 of an address (the first argument) for a host (the second) once; ends with 0 where the answer is 200. */
import { request } from 'undici';

const [address, host = ''] = process.argv.slice(2);
const { statusCode, body } = await request(`http://${address}/get`, { headers: { host } });
await body.dump();
process.exitCode = statusCode === 200 ? 0 : 1;
