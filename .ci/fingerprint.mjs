/** Prints the fingerprint of a run, given its last `--json` line on stdin. @throws if it is another line. */
import { readFileSync } from 'node:fs';

const line = readFileSync(0, 'utf8');
const { event, fingerprint } = JSON.parse(line);
if (event !== 'done' || !/^[0-9a-f]{64}$/.test(fingerprint)) throw new Error(`the run's last line has ${line}`);
console.log(fingerprint);
