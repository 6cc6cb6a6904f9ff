/** Prints the fingerprint of a run whose last `--json` line stands on stdin. @throws where the line is another. */
import { readFileSync } from 'node:fs';

const line = readFileSync(0, 'utf8');
const { event, fingerprint } = JSON.parse(line);
if (event !== 'done' || !/^[0-9a-f]{64}$/.test(fingerprint)) throw new Error(`the run's last line has ${line}`);
console.log(fingerprint);
